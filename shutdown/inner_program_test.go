package shutdown_test

import (
	"strconv"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// From managers on, what the second byte of a step says is to add a part that runs
// a manager; from insiders on, to give a part to such a manager.
const (
	managers = 0x60
	insiders = 0x68
)

// newHouse makes a part that runs a manager of its own, with a grace that is longer
// or shorter than what it will be left.
func newHouse(i int, how, which byte) *part {
	p := &part{does: returns, early: true}
	p.kind = []shutdown.Kind{shutdown.KindActor, shutdown.KindService, shutdown.KindFinalizer, shutdown.KindScope}[how%4]
	p.grace = []time.Duration{500 * time.Millisecond, 3 * time.Second, 10 * time.Second, 20 * time.Second}[which%4] + offset(2*i+1)
	if within := time.Duration(how)*40*time.Millisecond + 3; how/4%2 == 1 && p.kind != shutdown.KindActor && p.kind != shutdown.KindScope {
		p.within = within
	}
	p.name = p.kind.String() + " " + strconv.Itoa(i)
	return p
}

// giveInside gives a new part to a manager that a part before it runs.
func (p *parser) giveInside(i int, how, which byte) {
	if len(p.houses) == 0 {
		return
	}
	house := p.houses[int(which)%len(p.houses)]
	choice := []int{addActor, addInterruptible, addHold, addFinalizer, addBounded, addService, addKeeper, addHostile, -1}[int(which/8)%9]
	var k *part
	if choice < 0 {
		k = newHouse(i, how&^3|how&3%3, which/2) // not in a scope: that has to be opened while the manager runs
		p.houses = append(p.houses, k)
	} else {
		k = newPart(i, byte(choice), how, which)
	}
	k.of = house
	house.inside = append(house.inside, k)
}

package shutdown_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A program is what the fuzzer makes of its bytes: parts that are added, and
// things that happen to them and to the manager, one after the other.
type program struct {
	drain time.Duration
	steps []*step
}

// A step is something that happens once, at a time of its own or when the turn
// of a part has come.
type step struct {
	at     time.Duration // after Run has begun; 0: before that
	act    action
	part   *part // that is added, unregistered, or run ahead of its time
	signal os.Signal
	err    error
}

type action string

const (
	add        action = "add"
	unregister action = "unregister"
	runAhead   action = "run" // by whoever registered it; a resource is closed by its owner
	stopAll    action = "Stop"
	sendSignal action = "Signal"
	endParent  action = "end the parent"
)

// A part is one component of a program.
type part struct {
	kind  shutdown.Kind
	name  string
	does  behaviour
	takes time.Duration

	early     bool          // actors, services, holds and scopes: does it at once, and not only when told to stop
	within    time.Duration // finalizers and services; 0: none
	variant   bool          // an actor of Add, a scope of Construct, a resource of Ensure
	says      saying        // actors, services and scopes that obey: what they return then
	hostile   hostility     // an actor, service or finalizer that fails: what its error does
	grace     time.Duration // of the manager that it runs; 0: none
	isManager bool          // not of the program: what such a manager is to the one around
	inside    []*part       // of that manager, before it is run
	of        *part         // whose manager it is a part of; nil: the program's own
	keeps     []*part       // by a scope or service: finalizers, the first registered first
	into      *part         // a finalizer or a scope in that scope or service, a scope in the turn of that finalizer; nil: of the manager
	then      []*step       // what it does first when its turn has come
}

// A behaviour is what a part does.
type behaviour int

const (
	returns behaviour = iota // after its duration
	fails                    // after its duration, with an error
	panics                   // after its duration
	exits                    // after its duration, by Goexit
	obeys                    // when its context, or that of its work, ends
	sticks                   // never
	behaviours
)

func (b behaviour) String() string {
	return [...]string{"returns", "fails", "panics", "exits", "obeys", "sticks"}[b]
}

// A saying is what somebody says who was cut.
type saying string

var sayings = [...]saying{"why", "why", "that a context was cancelled", "something of its own"}

// A hostility is what an error does when it is asked anything.
type hostility string

var hostileErrors = [...]hostility{"panics", "leaves", "asks the manager", "blocks"}

// saysCut reports whether p returns nothing but that the time for its work was up.
func (p *part) saysCut() bool {
	return p.does == obeys && (p.says == "why" || p.says == "that a context was cancelled")
}

// failsWhenCut reports whether p returns an error of its own then.
func (p *part) failsWhenCut() bool { return p.does == obeys && p.says == "something of its own" }

func (b behaviour) isFailure() bool { return b == fails || b == panics || b == exits }

const never = time.Duration(math.MaxInt64)

// What the second byte of a step says. With insideFlag the step is done by the
// part before it that has a turn.
const (
	addActor = iota
	addInterruptible
	addHold
	addFinalizer
	addBounded
	addToScope
	addService
	addScope
	addConstruct
	addInnerScope
	addTracked
	addEnsured
	doUnregister
	doRunAhead
	doStop
	doStopWith
	doSignal
	doEndParent
	addKeeper
	addToOwner
	addOwnedScope
	addObedientScope
	addHostile
	addScopeInTurn
	choices

	insideFlag = 0x80
)

// A parser makes a program of bytes.
type parser struct {
	program
	at      time.Duration // of the next step
	turns   []*part       // that have a turn, in which a step can be done
	targets []*part       // that can be unregistered or run
	scopes  []*part       // that can be added to
	owners  []*part       // the same, and services
	houses  []*part       // that run a manager
}

// parseProgram makes a program of bytes: one for the drain, then four for each
// step. No two durations in it are such that two things would happen at the
// same instant by chance: ties have tests of their own.
func parseProgram(bytes []byte) program {
	var p parser
	if len(bytes) > 0 && bytes[0]%2 == 1 {
		p.drain = time.Duration(bytes[0])*10*time.Millisecond + 7
	}
	for i := 0; 1+4*i < len(bytes); i++ {
		var four [4]byte
		copy(four[:], bytes[1+4*i:])
		p.parse(i, four)
	}
	last := p.at + 3*time.Second + offset(-1)
	p.steps = append(p.steps, &step{at: last, act: sendSignal, signal: os.Interrupt})
	return p.program
}

// parse makes a step of when it is done, what it is, how a part behaves and for
// how long.
func (p *parser) parse(i int, four [4]byte) {
	when, what, how, which := four[0], four[1], four[2], four[3]
	if when > 0 || p.at > 0 {
		p.at += time.Duration(when)*11*time.Millisecond + offset(2*i)
	}
	if what&^insideFlag >= insiders {
		p.giveInside(i, how, which)
		return
	}
	if what&^insideFlag%choices == doSignal && when < 10 {
		p.at += 110 * time.Millisecond // a list is as late in seeing that a stop has begun
	}
	s := &step{at: p.at}
	outside := false // because inside it would be a race
	switch choice := what &^ insideFlag % choices; choice {
	case doUnregister, doRunAhead:
		if len(p.targets) == 0 {
			return
		}
		s.act, s.part = unregister, p.targets[int(which)%len(p.targets)]
		if choice == doRunAhead || s.part.isTracked() { // of which nobody has a Finalizer
			s.act, outside = runAhead, true // a panic of what it ran would be its own
		}
	case doStop:
		s.act = stopAll
	case doStopWith:
		s.act, s.err = stopAll, fmt.Errorf("stop %d", i)
	case doSignal: // nobody can tell whether what forces a stop began before it was forced
		s.act, s.signal, outside = sendSignal, []os.Signal{os.Interrupt, syscall.SIGTERM}[how%2], true
	case doEndParent: // the manager hears of it a moment later
		s.act, outside = endParent, true
	default:
		s.act, s.part = add, newPart(i, choice, how, which)
		if what&^insideFlag >= managers {
			s.part, outside = newHouse(i, how, which), true
			p.houses = append(p.houses, s.part)
			break
		}
		if (choice == addToScope || choice == addInnerScope) && len(p.scopes) > 0 {
			s.part.putInto(p.scopes[int(how)%len(p.scopes)])
		}
		if (choice == addToOwner || choice == addOwnedScope) && len(p.owners) > 0 {
			s.part.putInto(p.owners[int(how)%len(p.owners)])
		}
		outside = s.part.kind == shutdown.KindScope || s.part.into != nil
		if last := len(p.turns) - 1; choice == addScopeInTurn && last >= 0 && !p.turns[last].asksForStop() {
			s.part.into, s.part.early, what, outside = p.turns[last], true, what|insideFlag, false
		}
	}
	p.place(s, what&insideFlag != 0 && !outside)
}

// place puts s into the turn of a part, or among the steps of the program.
func (p *parser) place(s *step, inside bool) {
	last := len(p.turns) - 1
	if inside = inside && last >= 0 && !p.turns[last].asksForStop(); inside {
		p.turns[last].then = append(p.turns[last].then, s)
	} else {
		p.steps = append(p.steps, s)
	}
	switch {
	case s.act != add:
	case s.part.grace > 0:
	case s.part.kind == shutdown.KindScope && !inside:
		p.scopes, p.owners = append(p.scopes, s.part), append(p.owners, s.part)
	case s.part.kind == shutdown.KindService && !inside && s.at > 0: // before that it does not run
		p.owners = append(p.owners, s.part)
	case s.part.isFinalizer() && s.part.into == nil:
		p.turns, p.targets = append(p.turns, s.part), append(p.targets, s.part)
	}
}

// newPart makes the part that the step number i adds.
func newPart(i int, choice, how, takes byte) *part {
	p := &part{does: behaviour(how) % behaviours, takes: time.Duration(takes)*47*time.Millisecond + offset(2*i+1)}
	early, within := how/6%2 == 1, time.Duration(how)*9*time.Millisecond+3
	switch choice {
	case addActor, addInterruptible:
		p.kind, p.early, p.variant = shutdown.KindActor, early, choice == addInterruptible
	case addHold:
		p.kind, p.early = shutdown.KindHold, early
	case addFinalizer, addToScope, addToOwner:
		p.kind = shutdown.KindFinalizer
	case addBounded:
		p.kind, p.within = shutdown.KindFinalizer, within
	case addService, addKeeper:
		p.kind, p.early = shutdown.KindService, early
		if how/12%2 == 1 {
			p.within = within
		}
	case addScope, addConstruct, addInnerScope, addOwnedScope, addObedientScope, addScopeInTurn:
		p.kind, p.early = shutdown.KindScope, early
		p.variant = choice == addConstruct || choice != addScope && takes%2 == 1
	case addTracked, addEnsured:
		p.kind, p.variant = shutdown.KindResource, choice == addEnsured
	}
	if choice == addHostile {
		p.kind = []shutdown.Kind{shutdown.KindActor, shutdown.KindService, shutdown.KindFinalizer}[how%3]
		p.does, p.early, p.hostile = fails, early, hostileErrors[takes%4]
	}
	if how/24%2 == 1 && !p.isFinalizer() {
		p.says = sayings[takes>>6]
	}
	p.name = p.kind.String() + " " + strconv.Itoa(i)
	p.limit()
	if choice == addObedientScope {
		p.does = obeys
	}
	if p.kind == shutdown.KindScope || choice == addKeeper {
		p.keep(int(how)/72, behaviour(how/12)%behaviours)
	}
	return p
}

// limit takes from p what it cannot do.
func (p *part) limit() {
	switch {
	case p.kind == shutdown.KindHold && p.does != sticks:
		p.does = returns // there is no other way to release it
	case p.kind == shutdown.KindActor && p.variant && p.does == obeys, p.kind == shutdown.KindScope && p.does == obeys:
		p.does = returns // it has no context of its work
	case p.isEnsured():
		p.does, p.takes = returns, 0 // it has no name by which to tell one that is stuck from another
	}
}

// keep gives a scope n finalizers. All but the last to be run return at once:
// otherwise it would be a race who runs the rest of them, the scope or a stop.
func (p *part) keep(n int, does behaviour) {
	for i := range n {
		k := &part{kind: shutdown.KindFinalizer, name: p.name + "." + strconv.Itoa(i)}
		if i == 0 {
			k.does, k.takes = does, p.takes+11
		}
		p.keeps = append(p.keeps, k)
	}
}

// putInto makes p a part of a scope. Its finalizers then return at once, for the
// reason that keep gives.
func (p *part) putInto(scope *part) {
	p.into = scope
	if p.kind == shutdown.KindFinalizer || p.does == obeys {
		p.does, p.takes = returns, 0
	}
	for _, k := range p.keeps {
		k.does, k.takes = returns, 0
	}
}

// offset is a number of nanoseconds by which one time differs from another.
func offset(i int) time.Duration { return time.Duration((i+2)*7919*7919%999_983 + 1) }

// randomProgram returns the bytes of a program of up to fifty steps, some of
// them before Run, many close together, and few of them reasons to stop.
func randomProgram(r *rand.Rand) []byte {
	bytes := []byte{byte(r.IntN(256))}
	for range 1 + r.IntN(49) {
		when := r.IntN(1 + [...]int{0, 0, 30, 100, 255}[r.IntN(5)])
		what := r.IntN(choices)
		switch r.IntN(8) {
		case 0:
			what = managers
		case 1, 2:
			what = insiders
		}
		if doStop <= what && what <= doEndParent && r.IntN(3) > 0 {
			what = r.IntN(doStop)
		}
		if r.IntN(3) == 0 {
			what |= insideFlag
		}
		bytes = append(bytes, byte(when), byte(what), byte(r.IntN(256)), byte(r.IntN(256)))
	}
	return bytes
}

func (p *part) isFinalizer() bool {
	return p.kind == shutdown.KindFinalizer || p.kind == shutdown.KindResource
}

func (p *part) isTracked() bool { return p.kind == shutdown.KindResource && !p.variant }
func (p *part) isEnsured() bool { return p.kind == shutdown.KindResource && p.variant }

// asksForStop reports whether p asks for a stop in its turn: what it did after
// that would race with what the stop does.
func (p *part) asksForStop() bool {
	return len(p.then) > 0 && p.then[len(p.then)-1].act == stopAll
}

func (p program) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "drain %v\n", p.drain)
	for _, step := range p.steps {
		fmt.Fprintf(&s, "at %v: %v\n", step.at, step)
	}
	return s.String()
}

func (s *step) String() string {
	switch {
	case s.act == add:
		return "add " + s.part.String()
	case s.part != nil:
		return fmt.Sprintf("%v %v", s.act, s.part.name)
	}
	return fmt.Sprintf("%v(%v%v)", s.act, s.signal, s.err)
}

func (p *part) String() string {
	s := fmt.Sprintf("%s: %v", p.name, p.does)
	if p.does != obeys && p.does != sticks {
		s += fmt.Sprint(" after ", p.takes)
	}
	if p.early {
		s += ", early"
	}
	if p.hostile != "" {
		s += ", with an error that " + string(p.hostile)
	}
	if p.does == obeys && p.says != "" {
		s += ", says " + string(p.says)
	}
	if p.grace > 0 {
		s = fmt.Sprintf("%s: runs a manager with a grace of %v", p.name, p.grace)
	}
	if p.within > 0 {
		s += fmt.Sprint(", within ", p.within)
	}
	if p.variant {
		s += ", " + map[shutdown.Kind]string{shutdown.KindActor: "by Add", shutdown.KindScope: "by Construct", shutdown.KindResource: "by Ensure"}[p.kind]
	}
	if p.into != nil {
		s += ", in " + p.into.name
	}
	for _, k := range p.keeps {
		s += fmt.Sprintf("; keeps (%v)", k)
	}
	for _, k := range p.inside {
		s += fmt.Sprintf("; inside (%v)", k)
	}
	for _, then := range p.then {
		s += fmt.Sprintf("; then (%v)", then)
	}
	return s
}

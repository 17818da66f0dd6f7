package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The picture is of diagrams in rows, all with logarithmic axes: on these, what
// grows linearly is a line of slope one.
const (
	panelWidth, panelHeight = 300.0, 300.0
	marginLeft, marginTop   = 64.0, 40.0
	gap                     = 74.0 // between panels, for the labels of the next
	below                   = 60.0 // the axis: what it is of, and the legend's first line
	legendLine              = 20.0
	perRow                  = 3
)

// A line is what was measured of one subject in its cases.
type line struct {
	label, color string
	of, impl     string
}

func (l line) dashed() bool { return l.impl != "lastcall" }

// The colours can be told apart by those who see no red or green.
const (
	blue, orange, green, purple = "#0072b2", "#d55e00", "#009e73", "#aa4499"
)

var parts = []line{
	{"finalizers", blue, "StopFinalizers", "lastcall"},
	{"fx hooks", blue, "StopFinalizers", "fx"},
	{"actors", orange, "StopActors", "lastcall"},
	{"oklog/run actors", orange, "StopActors", "oklog-run"},
	{"holds", green, "StopHolds", "lastcall"},
	{"WaitGroup", green, "StopHolds", "sync.WaitGroup"},
}

var scopes = []line{
	{"nested scopes", purple, "StopScopes", "lastcall"},
	{"nested defers", purple, "StopScopes", "defer"},
	{"open scopes", blue, "StopOpenScopes", "lastcall"},
	{"open goroutines", blue, "StopOpenScopes", "defer"},
}

var stuck = []line{
	{"stuck actors", orange, "StuckActors", "lastcall"},
	{"killed goroutines", orange, "StuckActors", "nothing"},
	{"stuck holds", green, "StuckHolds", "lastcall"},
	{"killed, that memory", green, "StuckHolds", "nothing"},
}

var contention = []line{
	{"lastcall", blue, "RegisterFrom", "lastcall"},
	{"AfterFunc", orange, "RegisterFrom", "context.AfterFunc"},
	{"mutex and list", green, "RegisterFrom", "container-list"},
	{"AddCleanup", purple, "RegisterFrom", "runtime.AddCleanup"},
}

// A panel is one diagram.
type panel struct {
	title, across string
	lines         []line
	unit          string
	x, y          axis
	guide         bool // draw what linear growth looks like
}

var panels = []panel{
	{"time of a stop", "parts", parts, time, axis{1, 1e6}, axis{1e3, 1e10}, true},
	{"memory before it", "parts", parts, "live-B", axis{1, 1e6}, axis{1e1, 1e9}, true},
	{"registration and its end, each", "goroutines", contention, time, axis{1, 100}, axis{10, 1e3}, false},
	{"time until scopes have ended", "scopes", scopes, time, axis{1, 1e6}, axis{1e3, 1e10}, true},
	{"memory of scopes", "scopes", scopes, "live-B", axis{1, 1e6}, axis{1e1, 1e9}, true},
	{"gone with stuck parts, grace 2 s", "parts", stuck, time, axis{1, 1e6}, axis{1e5, 1e10}, false},
}

// An axis is a logarithmic one.
type axis struct{ from, to float64 }

// place returns where on the axis a value is, between 0 and 1.
func (a axis) place(value float64) float64 {
	return math.Log(value/a.from) / math.Log(a.to/a.from)
}

// picture returns an SVG of everything.
func picture(all *measurements) string {
	rows := float64((len(panels) + perRow - 1) / perRow)
	width := marginLeft + perRow*(panelWidth+gap)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" font-family="sans-serif" font-size="12" fill="#222">`+"\n", width, rows*rowHeight())
	fmt.Fprintln(&b, `<title>How a stop grows with what there is to stop</title>`)
	fmt.Fprintln(&b, `<rect width="100%" height="100%" fill="#fff"/>`)
	for i, p := range panels {
		fmt.Fprintf(&b, `<g transform="translate(%.0f,%.0f)">`+"\n", marginLeft+float64(i%perRow)*(panelWidth+gap), marginTop+float64(i/perRow)*rowHeight())
		p.draw(&b, all)
		fmt.Fprintln(&b, `</g>`)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// rowHeight has room for the longest legend.
func rowHeight() float64 {
	longest := 0
	for _, p := range panels {
		longest = max(longest, (len(p.lines)+1)/2)
	}
	return marginTop + panelHeight + below + legendLine*float64(longest)
}

func (p panel) draw(b *strings.Builder, all *measurements) {
	fmt.Fprintf(b, `<text x="%.0f" y="-14" text-anchor="middle" font-size="14">%s</text>`+"\n", panelWidth/2, p.title)
	p.drawAxes(b)
	if p.guide {
		p.drawGuide(b)
	}
	for i, l := range p.lines {
		p.drawLine(b, l, p.points(l, all))
		l.drawEntry(b, float64(i%2)*panelWidth*0.52, panelHeight+below+legendLine*float64(i/2))
	}
}

func (p panel) drawAxes(b *strings.Builder) {
	for v := p.x.from; v <= p.x.to; v *= 10 {
		x := p.x.place(v) * panelWidth
		fmt.Fprintf(b, `<path d="M%.1f 0V%.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n", x, panelHeight, x, panelHeight+16, power(v))
	}
	for v := p.y.from; v <= p.y.to; v *= 10 {
		y := (1 - p.y.place(v)) * panelHeight
		fmt.Fprintf(b, `<path d="M0 %.1fH%.1f" stroke="#ddd"/><text x="-6" y="%.1f" text-anchor="end">%s</text>`+"\n", y, panelWidth, y+4, format(v, p.unit))
	}
	fmt.Fprintf(b, `<text x="%.0f" y="%.0f" text-anchor="middle">%s</text>`+"\n", panelWidth/2, panelHeight+34, p.across)
}

// power writes powers of ten as people do.
func power(v float64) string {
	if v < 1000 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹"
	return "10" + string([]rune(digits)[int(math.Round(math.Log10(v)))])
}

// drawGuide draws the slope of what grows in proportion.
func (p panel) drawGuide(b *strings.Builder) {
	rise := p.y.place(p.y.from*p.x.to/p.x.from) * panelHeight
	fmt.Fprintf(b, `<path d="M0 %.1fL%.1f %.1f" stroke="#999" stroke-dasharray="1 4"/><text x="48" y="%.1f" fill="#777">linear</text>`+"\n",
		panelHeight, panelWidth, panelHeight-rise, panelHeight-14)
}

type point struct{ x, y float64 }

func (p panel) points(l line, all *measurements) []point {
	var points []point
	cases, _ := all.cases(l.of)
	for _, in := range cases {
		_, number, _ := strings.Cut(in, "=")
		n, err := strconv.ParseFloat(number, 64)
		value, ok := all.median(subject{l.of, in, l.impl}, p.unit)
		if err != nil || !ok || value <= 0 {
			continue
		}
		y := min(max(p.y.place(value), 0), 1)
		points = append(points, point{p.x.place(n) * panelWidth, (1 - y) * panelHeight})
	}
	return points
}

func (p panel) drawLine(b *strings.Builder, l line, points []point) {
	if len(points) == 0 {
		return
	}
	var path strings.Builder
	for i, at := range points {
		fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(i, 1)], at.x, at.y)
	}
	fmt.Fprintf(b, `<path d="%s" fill="none" stroke="%s" %s/>`+"\n", path.String(), l.color, l.stroke())
	for _, at := range points {
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="2.5" fill="%s"/>`+"\n", at.x, at.y, l.color)
	}
}

// stroke is thick for lastcall, and dashed for whom it is compared with.
func (l line) stroke() string {
	if l.dashed() {
		return `stroke-width="1.3" stroke-dasharray="5 4"`
	}
	return `stroke-width="2.2"`
}

// drawEntry writes l's entry in the legend: lastcall's are on the left, their
// peers' on the right.
func (l line) drawEntry(b *strings.Builder, x, y float64) {
	fmt.Fprintf(b, `<path d="M%.0f %.0fh30" stroke="%s" %s/><text x="%.0f" y="%.0f">%s</text>`+"\n", x, y-4, l.color, l.stroke(), x+36, y, l.label)
}

package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/internal/cells"
)

// SVG writes to w the picture that [HTML] shows, as a file of its own: for a
// README or a wiki. It follows its reader's preference for light or dark,
// needs no script, and shows up to 200 components like [Text]. SVG returns the
// error of w.
func SVG(w io.Writer, r shutdown.Report) error {
	p := picture{view: newView(r)}
	p.draw()
	_, err := io.WriteString(w, p.String())
	return err
}

// Where things are, in pixels of a picture that is scaled as a whole.
const (
	pictureWidth = 1040
	margin       = 28

	kindX = margin                // the columns: what it is,
	nameX = 106                   // what it is called,
	plotX = 282                   // its bar,
	plotW = 448                   //
	tookX = 796                   // how long it took, aligned to the right,
	markX = 808                   // what is remarkable about it,
	siteX = pictureWidth - margin // and where to look, aligned to the right

	summaryY   = 44 // the first line's
	lineHeight = 22
	bandHeight = 24 // of the names of the states
	axisHeight = 26
	rowHeight  = 24
	barHeight  = 12

	smallestBar   = 2.5 // what can still be seen
	letter        = 6.6 // the width of an average letter of the labels, about
	nameColumn    = 26  // letters
	siteColumn    = 27
	summaryColumn = 149
	ticksWanted   = 6
	reasonLetters = 200 // of an error, in what hovers
)

// style is part of every picture. The colours for a result differ in lightness
// too, and each result but the good one is also a word.
const style = `<style>
.lastcall{--paper:#fff;--ink:#1b2330;--soft:#667085;--line:#e6e9ef;--track:#eef1f5;
--draining:#fff4d6;--stopping:#e8f1ff;--finalizing:#f0ebff;
--ok:#3b82f6;--running:#94a3b8;--slow:#e9950c;--leaked:#a855f7;--failed:#dc2626;--cut:#c2410c;--panicked:#9f1239;--stuck:#b91c1c}
@media (prefers-color-scheme:dark){.lastcall{--paper:#12161d;--ink:#e7ebf2;--soft:#93a0b4;--line:#252d39;--track:#1d2430;
--draining:#332a12;--stopping:#152540;--finalizing:#251e3f;
--ok:#60a5fa;--running:#64748b;--slow:#fbbf24;--leaked:#c084fc;--failed:#f87171;--cut:#fb923c;--panicked:#fb7185;--stuck:#ef4444}}
.lastcall text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:var(--ink)}
.lastcall .headline{font-size:22px;font-weight:650}
.lastcall .soft{fill:var(--soft)}
.lastcall .end{text-anchor:end}
.lastcall .middle{text-anchor:middle}
.lastcall .number{font-family:ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;font-size:11.5px}
.lastcall .paper{fill:var(--paper);stroke:var(--line)}
.lastcall .line{stroke:var(--line)}
.lastcall .track{fill:var(--track)}
.lastcall .used{fill:var(--ok)}
.lastcall .draining{fill:var(--draining)}.lastcall .stopping{fill:var(--stopping)}.lastcall .finalizing{fill:var(--finalizing)}
.lastcall .row .hit{fill:transparent}
.lastcall .row:hover .hit{fill:var(--ink);opacity:.06}
.lastcall .ok{fill:var(--ok)}.lastcall .running{fill:var(--running)}.lastcall .slow{fill:var(--slow)}.lastcall .leaked{fill:var(--leaked)}
.lastcall .failed{fill:var(--failed)}.lastcall .cut{fill:var(--cut)}.lastcall .panicked{fill:var(--panicked)}.lastcall .stuck{fill:var(--stuck)}
.lastcall text.mark{font-weight:600}
.lastcall .open{stroke:var(--stuck);stroke-width:3;stroke-linecap:round;stroke-dasharray:.1 5}
</style>
`

// A picture is an SVG on the way, and how far down it has got.
type picture struct {
	strings.Builder
	view
	y int
}

func (p *picture) draw() {
	height := p.height()
	p.printf(`<svg xmlns="http://www.w3.org/2000/svg" class="lastcall" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n",
		pictureWidth, height, pictureWidth, height)
	p.title(join(", ", p.headline(), p.because()))
	p.WriteString(style)
	p.printf(`<rect class="paper" x=".5" y=".5" width="%d" height="%d" rx="10"/>`+"\n", pictureWidth-1, height-1)
	p.drawSummary()
	p.drawBands()
	p.drawAxis()
	for _, r := range p.rows {
		p.drawRow(r)
	}
	p.drawRest()
	p.WriteString("</svg>\n")
}

// summary is what stands above the timeline, below the headline.
func (v view) summary() []string {
	var lines []string
	for _, line := range []string{v.because(), join("; ", v.verdict(), v.slowestText())} {
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// height is that of the whole picture.
func (p *picture) height() int {
	h := p.plotY() + bandHeight + axisHeight + len(p.rows)*rowHeight + margin - 8
	if p.hidden > 0 {
		h += lineHeight
	}
	return h
}

// plotY is where the timeline begins.
func (p *picture) plotY() int { return summaryY + len(p.summary())*lineHeight + 22 }

func (p *picture) drawSummary() {
	p.y = summaryY
	p.text(kindX, "headline", p.headline())
	p.drawShare()
	for _, line := range p.summary() {
		p.y += lineHeight
		p.text(kindX, "soft", cells.Cut(line, summaryColumn))
	}
	p.y = p.plotY()
}

// drawShare shows which part of the grace was used.
func (p *picture) drawShare() {
	const width = 200
	if p.Cause == nil || p.Grace <= 0 {
		return
	}
	share := min(float64(p.Took)/float64(p.Grace), 1)
	const x = siteX - width
	p.printf(`<rect class="track" x="%d" y="%d" width="%d" height="6" rx="3"/>`, x, p.y-9, width)
	p.printf(`<rect class="used" x="%d" y="%d" width="%.1f" height="6" rx="3"/>`, x, p.y-9, max(share*width, 6))
	p.y += 12
	p.text(siteX, "soft end", fmt.Sprintf("%.0f %% of the grace", 100*share))
	p.y -= 12
}

// drawBands draws the states, from their names down to the last row.
func (p *picture) drawBands() {
	height := bandHeight + axisHeight + len(p.rows)*rowHeight
	for _, state := range p.Phases {
		x := p.x(state.Began)
		width := max(p.x(state.Began+state.Took)-x, .5)
		p.printf(`<g><rect class="%s" x="%.1f" y="%d" width="%.1f" height="%d"/>`, state.State, x, p.y, width, height)
		p.title(state.State.String() + " " + short(state.Took))
		name := state.State.String() + " " + short(state.Took)
		if letter*float64(len(state.State.String())) < width {
			if letter*float64(len(name)) > width {
				name = state.State.String()
			}
			p.printf(`<text class="middle" x="%.1f" y="%d">%s</text>`, x+width/2, p.y+bandHeight-7, escape(name))
		}
		p.WriteString("</g>\n")
	}
	p.y += bandHeight
}

// drawAxis draws the moments of the time axis, each with a line down to the
// last row.
func (p *picture) drawAxis() {
	bottom := p.y + axisHeight + len(p.rows)*rowHeight
	for _, tick := range ticks(p.span) {
		x := p.x(tick)
		p.printf(`<line class="line" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, x, x, p.y+axisHeight-8, bottom)
		p.printf(`<text class="soft middle number" x="%.1f" y="%d">%s</text>`+"\n", x, p.y+12, tick)
	}
	p.y += axisHeight
}

// ticks returns the round moments up to span that are worth a line.
func ticks(span time.Duration) []time.Duration {
	var moments []time.Duration
	step := tickStep(span)
	for t := time.Duration(0); t <= span; t += step {
		moments = append(moments, t)
	}
	return moments
}

// tickStep returns 1, 2 or 5 of a decimal unit.
func tickStep(span time.Duration) time.Duration {
	for unit := time.Duration(1); ; unit *= 10 {
		for _, step := range []time.Duration{unit, 2 * unit, 5 * unit} {
			if span/step <= ticksWanted {
				return step
			}
		}
	}
}

func (p *picture) drawRow(r row) {
	p.WriteString(`<g class="row">`)
	p.title(hover(r))
	p.printf(`<rect class="hit" x="%d" y="%d" width="%d" height="%d" rx="4"/>`, margin-8, p.y, pictureWidth-2*margin+16, rowHeight)
	p.drawBar(r)
	p.y += rowHeight/2 + 4
	p.text(kindX, "soft", r.Kind.String())
	p.text(nameX, "", cells.Cut(r.Name, nameColumn))
	p.text(tookX, "number end", short(r.Took))
	p.text(markX, "mark "+r.result.String(), r.mark())
	p.text(siteX, "number soft end", fromTheEnd(shortSite(r.Site), siteColumn))
	p.y += rowHeight - rowHeight/2 - 4
	p.WriteString("</g>\n")
}

// drawBar draws r's time. The bar of what has not ended runs on in dots.
func (p *picture) drawBar(r row) {
	from, to := p.bounds(r)
	x := min(p.x(from), plotX+plotW-smallestBar)
	width := max(p.x(to)-x, smallestBar)
	y := p.y + (rowHeight-barHeight)/2
	p.printf(`<rect class="%s" x="%.1f" y="%d" width="%.1f" height="%d" rx="%.1f"/>`, r.result, x, y, width, barHeight, min(width/2, 3))
	if r.result == stuck || r.result == running {
		p.printf(`<line class="open" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, x+width+5, x+width+16, y+barHeight/2, y+barHeight/2)
	}
}

func (p *picture) drawRest() {
	if rest := p.rest(); rest != "" {
		p.y += lineHeight - 4
		p.text(kindX, "soft", rest)
	}
}

// hover is what there is to say of r.
func hover(r row) string {
	what := join(" ", r.Kind.String(), r.Name)
	when := fmt.Sprintf("from %s on, for %s", short(max(r.Began, 0)), short(r.Took))
	why := cells.Cut(r.reason(), reasonLetters)
	return join("\n", what, r.Site, when, join(": ", r.mark(), why))
}

// x is where a moment is on the time axis.
func (p *picture) x(t time.Duration) float64 {
	return plotX + plotW*min(float64(t)/float64(p.span), 1)
}

func (p *picture) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

// text writes s with its baseline at the present height.
func (p *picture) text(x int, class, s string) {
	if s != "" {
		p.printf(`<text class="%s" x="%d" y="%d">%s</text>`, class, x, p.y, escape(s))
	}
}

// title writes what shows when the pointer is over the element around it.
func (p *picture) title(s string) { p.printf("<title>%s</title>", escape(s)) }

// escape makes s harmless in XML and HTML, in text and in attributes.
func escape(s string) string {
	var b strings.Builder
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		_ = xml.EscapeText(&b, []byte(cells.Clean(line))) // a Builder never fails
	}
	return b.String()
}

// fromTheEnd cuts s to n letters, of which the last ones matter most.
func fromTheEnd(s string, n int) string {
	if letters := []rune(s); len(letters) > n {
		return "…" + string(letters[len(letters)-n+1:])
	}
	return s
}

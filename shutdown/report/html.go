package report

import (
	"cmp"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// HTML writes r to w as one page that needs nothing else, neither a network
// nor scripts: the timeline as a picture (see [SVG]), what went wrong or was
// slow with the reasons and stacks, and the totals. It follows its reader's
// preference for light or dark.
//
// Bars that are pointed at show their details. Of many components the page
// shows 200, what failed first and then the slowest, and counts the rest.
// Names and errors are escaped. HTML returns the error of w.
func HTML(w io.Writer, r shutdown.Report) error {
	p := page{picture: picture{view: newView(r)}}
	p.printf(pageHead, escape(p.headline()), pageStyle)
	p.draw()
	p.writeFindings()
	p.writeTotals()
	p.writeFooter()
	p.WriteString("</main>\n</body>\n</html>\n")
	_, err := io.WriteString(w, p.String())
	return err
}

const pageHead = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<title>%s</title>
%s</head>
<body class="lastcall">
<main>
`

const pageStyle = `<style>
body{margin:0;background:var(--track);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1040px;margin:32px auto;padding:0 16px}
svg{display:block;width:100%;height:auto}
h2{margin:32px 0 12px;font-size:18px}
article{margin:0 0 10px;padding:12px 18px;background:var(--paper);border:1px solid var(--line);border-left:4px solid var(--mark);border-radius:8px}
article.slow{--mark:var(--slow)}article.leaked{--mark:var(--leaked)}article.failed{--mark:var(--failed)}article.cut{--mark:var(--cut)}
article.panicked{--mark:var(--panicked)}article.stuck{--mark:var(--stuck)}article.running{--mark:var(--running)}
h3{margin:0;font-size:15px}
h3 b{color:var(--mark)}
article p{margin:2px 0;overflow-wrap:anywhere}
code,pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
code,footer,summary,th{color:var(--soft)}
pre{margin:8px 0 0;padding:10px 12px;overflow-x:auto;background:var(--track);border-radius:6px}
table{border-collapse:collapse;background:var(--paper);border:1px solid var(--line);border-radius:8px}
td,th{padding:6px 18px;text-align:right;font-weight:400;font-variant-numeric:tabular-nums}
td.n0{color:var(--soft)}
td:first-child,th:first-child{text-align:left}
tr+tr td{border-top:1px solid var(--line)}
footer{margin:28px 0;font-size:13px}
</style>
`

// A page is an HTML page on the way.
type page struct{ picture }

// writeFindings tells of everything that is worth a word, what went wrong
// before what was slow.
func (p *page) writeFindings() {
	found := slices.DeleteFunc(slices.Clone(p.rows), func(r row) bool { return r.result == ended })
	if len(found) == 0 {
		return
	}
	slices.SortStableFunc(found, func(a, b row) int { return -byImportance(a, b) })
	p.WriteString("<h2>Where to look</h2>\n")
	for _, r := range found {
		p.writeFinding(r)
	}
	if p.worst > 0 {
		p.printf("<p>and %s more that did not end well</p>\n", count(p.worst))
	}
}

func (p *page) writeFinding(r row) {
	p.printf(`<article class="%s"><h3>%s %s: <b>%s</b>, %s</h3>`,
		r.result, r.Kind, escape(r.Name), r.mark(), short(r.Took))
	if r.Site != "" {
		p.printf("<p><code>%s</code></p>", escape(r.Site))
	}
	if why := r.reason(); why != "" {
		p.printf("<p>%s</p>", escape(why))
	}
	if s := stack(r.Err); s != "" {
		p.printf("<details%s><summary>where it is</summary><pre>%s</pre></details>", openIfShort(s), escape(strings.ReplaceAll(s, "\t", "    ")))
	}
	p.WriteString("</article>\n")
}

// openIfShort is the attribute of details that hide nothing at first.
func openIfShort(s string) string {
	const lines = 12
	if strings.Count(s, "\n") > lines {
		return ""
	}
	return ` open=""`
}

func (p *page) writeTotals() {
	if len(p.Totals) == 0 {
		return
	}
	p.WriteString("<h2>Totals</h2>\n<table>\n<tr><th>kind</th><th>ended well</th><th>failed</th><th>cut</th><th>stuck</th><th>leaked</th></tr>\n")
	for _, kind := range slices.SortedFunc(maps.Keys(p.Totals), cmp.Compare[shutdown.Kind]) {
		t := p.Totals[kind]
		p.printf("<tr><td>%s</td>", kind)
		for _, n := range []int{t.OK, t.Failed, t.Cut, t.Stuck, t.Leaked} {
			p.printf(`<td class="n%d">%s</td>`, min(n, 1), count(n))
		}
		p.WriteString("</tr>\n")
	}
	p.WriteString("</table>\n")
}

func (p *page) writeFooter() {
	var facts []string
	if !p.Began.IsZero() {
		facts = append(facts, "The stop began at "+p.Began.Format(time.RFC3339))
	}
	for _, later := range p.Later {
		facts = append(facts, "then: "+text(later))
	}
	p.printf("<footer>%s</footer>\n", escape(strings.Join(facts, "; ")))
}

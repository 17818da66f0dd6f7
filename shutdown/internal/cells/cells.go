// Package cells measures text in the cells of a terminal, or of any other grid
// in which most characters are one wide. It serves what draws the stop.
package cells

import (
	"strings"
	"unicode"
)

// Clean returns s without what could do more than be seen: each control
// character, each one that changes the direction of writing, and each byte that
// is not UTF-8 becomes U+FFFD.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

// Width returns how many cells s takes.
func Width(s string) (n int) {
	for _, r := range s {
		n += width(r)
	}
	return n
}

// Cut returns s, cut to at most n cells. What was cut ends with an ellipsis.
func Cut(s string, n int) string {
	if Width(s) <= n {
		return s
	}
	left := n - 1 // for the ellipsis
	for i, r := range s {
		if left -= width(r); left < 0 {
			return s[:i] + strings.Repeat("…", min(n, 1))
		}
	}
	return s
}

// Pad returns s with as many blanks behind it as make it n cells wide.
func Pad(s string, n int) string {
	return s + strings.Repeat(" ", max(0, n-Width(s)))
}

// width returns how many cells r takes: none for what combines with the
// character before it, two for what East Asian typography calls wide.
func width(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// wide are the blocks whose characters Unicode's East Asian Width (UAX #11)
// gives as W or F, without the gaps in them.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115f, Stride: 1}, // Hangul Jamo, initial consonants
		{Lo: 0x231a, Hi: 0x231b, Stride: 1}, // watch, hourglass
		{Lo: 0x2e80, Hi: 0x303e, Stride: 1}, // CJK radicals and punctuation
		{Lo: 0x3041, Hi: 0xa4cf, Stride: 1}, // kana, CJK ideographs, Yi
		{Lo: 0xac00, Hi: 0xd7a3, Stride: 1}, // Hangul syllables
		{Lo: 0xf900, Hi: 0xfaff, Stride: 1}, // CJK compatibility ideographs
		{Lo: 0xfe30, Hi: 0xfe6f, Stride: 1}, // CJK compatibility forms
		{Lo: 0xff00, Hi: 0xff60, Stride: 1}, // full-width forms
		{Lo: 0xffe0, Hi: 0xffe6, Stride: 1}, // full-width signs
	},
	R32: []unicode.Range32{
		{Lo: 0x1f300, Hi: 0x1f64f, Stride: 1}, // pictographs, faces
		{Lo: 0x1f680, Hi: 0x1f6ff, Stride: 1}, // transport
		{Lo: 0x1f900, Hi: 0x1faff, Stride: 1}, // more pictographs
		{Lo: 0x20000, Hi: 0x3fffd, Stride: 1}, // CJK extensions
	},
}

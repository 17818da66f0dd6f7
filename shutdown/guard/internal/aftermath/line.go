package aftermath

// The kinds of lines.
const (
	kindOwner    = '='
	kindRegister = '+'
	kindRelease  = '-'
	kindFailure  = '!'
	kindReader   = '?'
)

const (
	sumLength = 16            // hexadecimal digits
	prefix    = sumLength + 2 // the checksum, a blank, the kind
	digits    = "0123456789abcdef"
)

// appendLine appends a line with its checksum to dst.
func appendLine(dst []byte, kind byte, fields ...string) []byte {
	start := len(dst)
	dst = append(dst, "0000000000000000 "...)
	dst = append(dst, kind)
	for _, field := range fields {
		dst = appendEscaped(append(dst, ' '), field)
	}
	sum := checksum(dst[start+sumLength:])
	for i := range sumLength {
		dst[start+i] = digits[sum>>(60-4*i)&15]
	}
	return append(dst, '\n')
}

// parseLine returns what a line says, given without its newline, if its
// checksum is right.
func parseLine(line []byte) (kind byte, fields []string, ok bool) {
	if len(line) < prefix || line[sumLength] != ' ' {
		return 0, nil, false
	}
	sum := checksum(line[sumLength:])
	for i := range sumLength {
		if line[i] != digits[sum>>(60-4*i)&15] {
			return 0, nil, false
		}
	}
	kind, rest := line[prefix-1], line[prefix:]
	for len(rest) > 0 {
		if rest[0] != ' ' {
			return 0, nil, false
		}
		end := 1
		for end < len(rest) && rest[end] != ' ' {
			end++
		}
		fields = append(fields, unescaped(rest[1:end]))
		rest = rest[end:]
	}
	return kind, fields, true
}

// checksum is FNV-1a of 64 bits: not against malice, since whoever could write
// to the journal could write a checksum as well, but against chance. A single
// byte that has changed is always found.
func checksum(b []byte) uint64 {
	sum := uint64(0xcbf29ce484222325)
	for _, c := range b {
		sum = (sum ^ uint64(c)) * 0x100000001b3
	}
	return sum
}

func appendEscaped(dst []byte, field string) []byte {
	for i := range len(field) {
		if c := field[i]; c <= ' ' || c == '%' || c >= 0x7f {
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}

func unescaped(field []byte) string {
	b := make([]byte, 0, len(field))
	for i := 0; i < len(field); i++ {
		if field[i] == '%' && i+2 < len(field) {
			b = append(b, nibble(field[i+1])<<4|nibble(field[i+2]))
			i += 2
			continue
		}
		b = append(b, field[i])
	}
	return string(b)
}

func nibble(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}

// decimal is n as a person writes it.
func decimal(n uint64) string {
	var b [20]byte
	i := len(b)
	for {
		i--
		b[i] = byte('0' + n%10)
		if n /= 10; n == 0 {
			return string(b[i:])
		}
	}
}

// number is what decimal was given. It refuses everything else.
func number(s string) (n uint64, ok bool) {
	for i := range len(s) {
		d := uint64(s[i] - '0')
		if s[i] < '0' || s[i] > '9' || n > (1<<64-1-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, s != ""
}

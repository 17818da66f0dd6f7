// Package aftermath holds what is needed after a process has died: the format
// of its journal, the lock on it, and how each clean-up is carried out.
//
// It imports nothing but syscall. Go initialises, among the packages that are
// ready, the first by path, so this one comes right after syscall, before time
// and os: a helper process is ready milliseconds after its start, whatever else
// the program initialises. For the same reason everything that the helper does
// is here, and package guard itself uses it too: each thing is done in one way.
//
// A journal is a file of lines, which only grows until it is compacted into a
// new one. Each line begins with a checksum:
//
//	2f0c… = lastcall-guard 1 4711 88213 1b9d… pid:[4026531836] /usr/bin/shop
//	9be1… + 1 1764052800 remove-all /var/lib/shop/work
//	77aa… - 1
//
// '=' says who wrote it, in which version; '+' registers a clean-up, '-'
// releases it, '!' says why a reader could not carry it out, and '?' that a
// reader has begun. In a field, a blank, a percent sign and a byte that is no
// printable ASCII are written as %XX.
//
// Whoever has the exclusive flock(2) on the journal may write to it. The
// process that it belongs to holds it as long as it lives.
package aftermath

module github.com/seed7e043c35/lastcall/examples/terminal

go 1.25.0

require (
	github.com/seed7e043c35/lastcall v0.0.0
	golang.org/x/term v0.28.0
)

require (
	github.com/mattn/go-colorable v0.1.14 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	github.com/oklog/run v1.2.0 // indirect
	github.com/rs/zerolog v1.35.1 // indirect
	golang.org/x/sys v0.29.0 // indirect
)

replace github.com/seed7e043c35/lastcall => ../..

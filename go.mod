module github.com/seed7e043c35/lastcall

go 1.25.0

require (
	github.com/mattn/go-isatty v0.0.20
	github.com/oklog/run v1.2.0
	github.com/rs/zerolog v1.35.1
	golang.org/x/sys v0.29.0
)

require github.com/mattn/go-colorable v0.1.14 // indirect

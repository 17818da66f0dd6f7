module github.com/seed7e043c35/lastcall/examples/streams

go 1.25.0

require (
	github.com/coder/websocket v1.8.15
	github.com/gorilla/websocket v1.5.3
	github.com/rs/zerolog v1.35.1
	github.com/seed7e043c35/lastcall v0.0.0
)

require (
	github.com/mattn/go-colorable v0.1.14 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	github.com/oklog/run v1.2.0 // indirect
	golang.org/x/sys v0.29.0 // indirect
)

replace github.com/seed7e043c35/lastcall => ../..

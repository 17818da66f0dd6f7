module github.com/seed7e043c35/lastcall/bench

go 1.25.0

replace github.com/seed7e043c35/lastcall => ../

require (
	github.com/oklog/run v1.2.0
	github.com/rs/zerolog v1.35.1
	github.com/samber/do/v2 v2.0.0
	github.com/seed7e043c35/lastcall v0.0.0-00010101000000-000000000000
	github.com/thejerf/suture/v4 v4.0.6
	go.uber.org/fx v1.24.0
	golang.org/x/sync v0.22.0
	golang.org/x/sys v0.29.0
)

require (
	github.com/mattn/go-colorable v0.1.14 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	github.com/samber/go-type-to-string v1.8.0 // indirect
	go.uber.org/dig v1.19.0 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	go.uber.org/zap v1.26.0 // indirect
)

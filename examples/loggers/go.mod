module github.com/seed7e043c35/lastcall/examples/loggers

go 1.25.0

require (
	github.com/go-logr/logr v1.4.4
	github.com/seed7e043c35/lastcall v0.0.0
	github.com/sirupsen/logrus v1.10.2
	github.com/urfave/cli/v3 v3.14.0
	go.uber.org/zap v1.28.0
	go.uber.org/zap/exp v0.3.0
	k8s.io/klog/v2 v2.140.0
)

require (
	github.com/mattn/go-colorable v0.1.14 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	github.com/oklog/run v1.2.0 // indirect
	github.com/rs/zerolog v1.35.1 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	golang.org/x/sys v0.29.0 // indirect
)

replace github.com/seed7e043c35/lastcall => ../..

package loggers

import (
	"github.com/sirupsen/logrus"
	"github.com/urfave/cli/v3"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"k8s.io/klog/v2"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// Exits lets the fatal calls of logrus and klog, and the errors that urfave/cli
// exits with, end the program in order: the finalizers run, and the status is
// the one that was asked for. The standard library's log.Fatal cannot be told,
// nor can os.Exit.
func Exits() {
	logrus.StandardLogger().ExitFunc = shutdown.Exit
	klog.OsExit = shutdown.Exit // also of klog.FlushAndExit
	cli.OsExiter = shutdown.Exit
}

// FatalZap is the option with which zap's Fatal does the same:
// zap.NewProduction(FatalZap()).
func FatalZap() zap.Option { return zap.WithFatalHook(exit{}) }

// exit is called when a line at level fatal has been written.
type exit struct{}

func (exit) OnWrite(*zapcore.CheckedEntry, []zapcore.Field) { shutdown.Exit(1) }

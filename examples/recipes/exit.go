package recipes

import (
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"k8s.io/klog/v2"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// exits has the libraries that end the process do it in order: what is
// registered is run, then the process ends with their status.
func exits() (*zap.Logger, error) {
	logrus.StandardLogger().ExitFunc = shutdown.Exit
	klog.OsExit = shutdown.Exit
	return zap.NewProduction(zap.WithFatalHook(exitHook{}))
}

type exitHook struct{}

func (exitHook) OnWrite(*zapcore.CheckedEntry, []zapcore.Field) { shutdown.Exit(1) }

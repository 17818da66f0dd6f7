//go:build !js

package recipes

import (
	"context"

	tea "github.com/charmbracelet/bubbletea"
)

// screen returns an actor that shows model. The terminal is in raw mode, where
// Ctrl-C is a key like others: the model answers it with tea.Quit, this returns
// nil, and the program stops. A signal from outside ends ctx.
func screen(model tea.Model, options ...tea.ProgramOption) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		program := tea.NewProgram(model, append(options, tea.WithoutSignalHandler())...)
		defer context.AfterFunc(ctx, program.Quit)() // gives the terminal back as it was
		_, err := program.Run()
		return err
	}
}

// Zerolog has nothing to do, and logs the two lines that lastcall does.
package main

import (
	"os"

	"github.com/rs/zerolog"
)

func main() {
	log := zerolog.New(os.Stderr).With().Timestamp().Logger()
	log.Info().Str("cause", "run returned nil").Int("grace", 9000).Int("pending", 0).Msg("stopping")
	log.Info().Str("cause", "run returned nil").Float64("took", 0.2).Int("ok", 1).Msg("stopped")
}

package shutdowntest

import (
	"strings"
	"testing"
)

func TestLog_showsAStackInLines(t *testing.T) {
	var text strings.Builder
	(&log{out: &text}).logger().Warn().Str("name", "db").Str("stack", "shop.run(...)\n\t/shop/main.go:31\n").Msg("still waiting")
	if got, want := text.String(), "WRN still waiting name=db\n\tshop.run(...)\n\t\t/shop/main.go:31\n"; !strings.HasSuffix(got, want) {
		t.Errorf("the log says %q, want at its end %q", got, want)
	}
}

// Package systemd tells systemd how the program is: that it is ready, that it
// is stopping and for whom it waits, how much longer that may take, and that it
// is alive. It is for units with Type=notify or Type=notify-reload:
//
//	func run(ctx context.Context) error {
//		ln, err := net.Listen("tcp", ":8080")
//		if err != nil {
//			return err
//		}
//		systemd.Notify(shutdown.FromContext(ctx)) // ready from here on
//		return actors.HTTP(srv, ln)(ctx)
//	}
//
// Where there is no systemd, and on other systems than Linux, it does nothing.
// The protocol is that of sd_notify(3); no library is needed for it.
//
// # What is sent
//
//	READY=1              the manager runs
//	WATCHDOG=1           three times in each WATCHDOG_USEC, while the manager answers
//	STOPPING=1           the stop has begun, with
//	EXTEND_TIMEOUT_USEC  what is left of the grace, and a second; again each
//	                     second in which something has ended
//	STATUS               whom the stop waits for, once a second
//	RELOADING=1          [Notifier.Reload] has begun, with
//	MONOTONIC_USEC       the time of that; READY=1 when it is over
//
// # How much can be relied upon
//
// Notifications are sent by a listener of the manager's events, and nothing
// ever waits for it. STOPPING=1 is on its way as soon as the manager begins to
// drain or to stop: within microseconds, before anything can have ended, but
// some actor may have heard of the stop first. It would rather be late than
// delay the stop. A notification never blocks. Where systemd's socket is full,
// those of the beginning and the end of things are kept and tried again, and
// the rest are dropped. Where nobody listens, they are lost without an error.
//
// # TimeoutStopSec
//
// The extension makes systemd wait for the whole grace even if the unit's
// TimeoutStopSec is shorter. It has to arrive for that; a unit whose
// TimeoutStopSec is a few seconds longer than the grace does not depend on it.
package systemd

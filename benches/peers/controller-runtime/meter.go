package main

import (
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// meter measures this process from where it is started.
type meter struct {
	began    time.Time
	cpu      time.Duration
	resident float64
}

func startMeter() meter {
	return meter{began: time.Now(), cpu: processTime(), resident: statusMegabytes("VmRSS:")}
}

func processTime() time.Duration {
	var spec unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &spec); err != nil {
		panic(err)
	}
	return asDuration(spec)
}

func statusMegabytes(name string) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, name); found {
			kilobytes, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				panic(err)
			}
			return kilobytes / 1024
		}
	}
	panic("no line " + name)
}

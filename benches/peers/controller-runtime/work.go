package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
)

// burnFor is the CPU time that one reconcile of the work "burn" takes.
const burnFor = 200 * time.Microsecond

// work is what the command line asks for.
type work struct {
	kind    string
	address string
	objects int64
	seconds int
}

func workOf(arguments []string) (work, error) {
	if len(arguments) < 3 {
		return work{}, fmt.Errorf("usage: controller-runtime startup|churn|burn|idle ADDRESS OBJECTS [SECONDS]")
	}
	asked := work{kind: arguments[0], address: arguments[1]}
	var err error
	if asked.objects, err = strconv.ParseInt(arguments[2], 10, 64); err != nil {
		return work{}, err
	}
	if len(arguments) > 3 {
		if asked.seconds, err = strconv.Atoi(arguments[3]); err != nil {
			return work{}, err
		}
	}
	return asked, nil
}

// tally is what the reconciles leave behind.
type tally struct {
	work       work
	reconciled atomic.Int64
	began      atomic.Int64
	measuring  atomic.Bool
	mutex      sync.Mutex
	latencies  []int64
}

func newTally(asked work) *tally {
	return &tally{work: asked}
}

func (t *tally) reconcile(object *corev1.ConfigMap) {
	if t.work.kind == "burn" {
		t.began.CompareAndSwap(0, time.Now().UnixNano())
		burn()
	}
	if t.measuring.Load() {
		if written, err := strconv.ParseInt(object.Data["written"], 10, 64); err == nil {
			latency := time.Now().UnixMicro() - written
			t.mutex.Lock()
			t.latencies = append(t.latencies, latency)
			t.mutex.Unlock()
		}
	}
	t.reconciled.Add(1)
}

func burn() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for end := threadTime() + burnFor; threadTime() < end; {
	}
}

func threadTime() time.Duration {
	var time unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &time); err != nil {
		panic(err)
	}
	return asDuration(time)
}

func asDuration(spec unix.Timespec) time.Duration {
	return time.Duration(spec.Nano())
}

// follow waits until every object has been reconciled, goes on with the work, and prints what it cost.
func (t *tally) follow(meter meter) error {
	for t.reconciled.Load() < t.work.objects {
		time.Sleep(2 * time.Millisecond)
	}
	switch t.work.kind {
	case "startup":
		wall, cpu := time.Since(meter.began), processTime()-meter.cpu
		// What the collector can give back is given back before memory is read.
		debug.FreeOSMemory()
		time.Sleep(500 * time.Millisecond)
		fmt.Printf("wall_s=%f cpu_s=%f retained_mb=%f peak_mb=%f\n", wall.Seconds(), cpu.Seconds(),
			statusMegabytes("VmRSS:")-meter.resident, statusMegabytes("VmHWM:"))
	case "burn":
		wall := time.Since(time.Unix(0, t.began.Load()))
		fmt.Printf("wall_s=%f\n", wall.Seconds())
	case "idle":
		time.Sleep(time.Second)
		before := processTime()
		time.Sleep(time.Duration(t.work.seconds) * time.Second)
		fmt.Printf("cpu_ms_per_s=%f\n", (processTime()-before).Seconds()*1000/float64(t.work.seconds))
	case "churn":
		return t.followChurn()
	default:
		return fmt.Errorf("no such work: %s", t.work.kind)
	}
	return nil
}

func (t *tally) followChurn() error {
	time.Sleep(time.Second)
	t.measuring.Store(true)
	before := processTime()
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	time.Sleep(time.Second)
	cpu := processTime() - before
	t.mutex.Lock()
	defer t.mutex.Unlock()
	slices.Sort(t.latencies)
	if len(t.latencies) == 0 {
		return fmt.Errorf("nothing was reconciled")
	}
	at := func(share float64) int64 { return t.latencies[int(share*float64(len(t.latencies)-1))] }
	fmt.Printf("reconciles=%d p50_us=%d p99_us=%d cpu_s=%f\n", len(t.latencies), at(0.5), at(0.99), cpu.Seconds())
	return nil
}

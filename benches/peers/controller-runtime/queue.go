package main

import (
	"fmt"
	"math"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// rounds is how often each operation is measured; the least counts.
const rounds = 20

// measureQueues prints what a key costs in CPU time: added, taken and done.
func measureQueues(number int) error {
	keys := make([]reconcile.Request, number)
	for index := range keys {
		keys[index].NamespacedName = types.NamespacedName{Namespace: "default", Name: fmt.Sprintf("object-%05d", index)}
	}
	limiter := func() workqueue.TypedRateLimiter[reconcile.Request] {
		return workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](time.Millisecond, 1000*time.Second)
	}
	plain := least(number, func() func() {
		queue := workqueue.NewTyped[reconcile.Request]()
		return func() {
			for _, key := range keys {
				queue.Add(key)
			}
			drain(queue, number, func(reconcile.Request) {})
			queue.ShutDown()
		}
	})
	limited := least(number, func() func() {
		queue := workqueue.NewTypedRateLimitingQueue(limiter())
		return func() {
			for _, key := range keys {
				queue.AddRateLimited(key)
			}
			drain(queue, number, queue.Forget)
			queue.ShutDown()
		}
	})
	priorities := least(number, func() func() {
		queue := priorityqueue.New[reconcile.Request]("queue")
		return func() {
			for index, key := range keys {
				priority := []int{-100, 0, 100}[index%3]
				queue.AddWithOpts(priorityqueue.AddOpts{Priority: &priority}, key)
			}
			drain(queue, number, func(reconcile.Request) {})
			queue.ShutDown()
		}
	})
	priorityLimited := least(number, func() func() {
		queue := priorityqueue.New("queue", func(options *priorityqueue.Opts[reconcile.Request]) {
			options.RateLimiter = limiter()
		})
		return func() {
			for _, key := range keys {
				queue.AddRateLimited(key)
			}
			drain(queue, number, queue.Forget)
			queue.ShutDown()
		}
	})
	fmt.Printf("plain_ns=%f limited_ns=%f priorities_ns=%f priority_limited_ns=%f\n",
		plain, limited, priorities, priorityLimited)
	return nil
}

// drain takes and finishes as many keys as there are.
func drain(queue workqueue.TypedInterface[reconcile.Request], number int, forget func(reconcile.Request)) {
	for range number {
		key, _ := queue.Get()
		forget(key)
		queue.Done(key)
	}
}

// least is the least CPU time in nanoseconds that a key takes; prepare is not measured.
func least(number int, prepare func() func()) float64 {
	best := math.Inf(1)
	for range rounds {
		measured := prepare()
		before := processTime()
		measured()
		best = min(best, float64((processTime()-before).Nanoseconds())/float64(number))
	}
	return best
}

// Command controller-runtime does with controller-runtime what `ours` does with operator-core.
//
//	controller-runtime startup|churn|burn|idle ADDRESS OBJECTS [SECONDS]
//	controller-runtime queue KEYS
//
// It lists, caches and reconciles every ConfigMap of the namespace default once, goes on with the work asked for, and
// prints one line of name=value pairs.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	log.SetLogger(logr.Discard())
	if len(arguments) == 2 && arguments[0] == "queue" {
		keys, err := strconv.Atoi(arguments[1])
		if err != nil {
			return err
		}
		return measureQueues(keys)
	}
	work, err := workOf(arguments)
	if err != nil {
		return err
	}
	manager, err := ctrl.NewManager(&rest.Config{Host: work.address, QPS: -1}, ctrl.Options{
		Scheme:  scheme.Scheme,
		Metrics: server.Options{BindAddress: "0"},
		Cache:   cache.Options{DefaultNamespaces: map[string]cache.Config{"default": {}}},
	})
	if err != nil {
		return err
	}
	meter := startMeter()
	tally := newTally(work)
	err = ctrl.NewControllerManagedBy(manager).
		For(&corev1.ConfigMap{}).
		WithOptions(controller.Options{MaxConcurrentReconciles: runtime.NumCPU()}).
		Complete(&reconciler{client: manager.GetClient(), tally: tally})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- manager.Start(ctx) }()
	if err := tally.follow(meter); err != nil {
		stop()
		return err
	}
	stop()
	return <-stopped
}

// reconciler reads the object from the cache, as reconcilers do, and hands it to the tally.
type reconciler struct {
	client client.Client
	tally  *tally
}

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var object corev1.ConfigMap
	if err := r.client.Get(ctx, request.NamespacedName, &object); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	r.tally.reconcile(&object)
	return ctrl.Result{}, nil
}

// Command etcd stores a reference API server's objects in a folder, on two loopback ports, until it is told to stop.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"go.etcd.io/etcd/server/v3/embed"
)

func main() {
	folder := flag.String("folder", "etcd", "where the data is kept")
	port := flag.Int("port", 16443, "the port for clients; the next one is for peers")
	flag.Parse()

	config := embed.NewConfig()
	config.Dir = *folder
	config.LogLevel = "error"
	// The data lives no longer than the process.
	config.UnsafeNoFsync = true
	clients, peers := loopback(*port), loopback(*port+1)
	config.ListenClientUrls, config.AdvertiseClientUrls = clients, clients
	config.ListenPeerUrls, config.AdvertisePeerUrls = peers, peers
	config.InitialCluster = config.InitialClusterFromName(config.Name)

	server, err := embed.StartEtcd(config)
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, os.Interrupt)
	select {
	case <-stop:
	case err := <-server.Err():
		log.Print(err)
	}
}

func loopback(port int) []url.URL {
	return []url.URL{{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", port)}}
}

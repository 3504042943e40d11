"""Runs an operator written with kopf and takes an object through its life."""

import os
import subprocess
import sys
import time

import definitions
from kubernetes import client, config


def wait_for(what, condition):
    """Asks until it is so, for half a minute at most."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(f"it never came to this: {what}")


def main():
    config.load_kube_config()
    definitions.install(client)
    custom = client.CustomObjectsApi()
    where = ("example.com", "v1", "default", "widgets")
    kopf_command = os.path.join(os.path.dirname(sys.executable), "kopf")
    operator = subprocess.Popen(
        [kopf_command, "run", "--standalone", "--namespace=default", os.path.join(os.path.dirname(__file__), "widgets_operator.py")],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "k"}, "spec": {"size": 3}}
        custom.create_namespaced_custom_object(*where, widget)

        def read():
            return custom.get_namespaced_custom_object(*where, "k")

        wait_for("created", lambda: read().get("status", {}).get("made") == 3)
        assert read()["status"]["create"] == {"seen": 3}
        assert read()["metadata"]["finalizers"], "kopf guards the object by a finalizer"
        custom.patch_namespaced_custom_object(*where, "k", {"spec": {"size": 4}})
        wait_for("updated", lambda: read().get("status", {}).get("changed") == "3 to 4")
        custom.delete_namespaced_custom_object(*where, "k")

        def gone():
            try:
                read()
            except client.ApiException as error:
                return error.status == 404
            return False

        wait_for("deleted", gone)
        events = client.CoreV1Api()
        wait_for("told", lambda: any(event.reason == "Made" for event in events.list_namespaced_event("default").items))
    finally:
        operator.terminate()
        output, _ = operator.communicate(timeout=30)
    assert "goodbye k" in output, output
    assert "Traceback" not in output, output
    print("ok kopf")


main()

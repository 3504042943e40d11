"""The Python client `kubernetes`: typed, custom and dynamic calls, watches, pages, patches, errors."""

import json

import definitions
from kubernetes import client, config, dynamic, watch
from kubernetes.client import ApiException

config.load_kube_config()
core = client.CoreV1Api()
apps = client.AppsV1Api()
custom = client.CustomObjectsApi()


def status_of(call, *args, **kwargs):
    """The HTTP status and the body of the error that a call ends with."""
    try:
        call(*args, **kwargs)
    except ApiException as error:
        return error.status, json.loads(error.body)
    raise AssertionError("the call should have failed")


def config_map(name, **data):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels={"test": "python"}), data=data)


def objects():
    assert client.VersionApi().get_code().minor == "36"
    names = [namespace.metadata.name for namespace in core.list_namespace().items]
    assert names[:2] == ["default", "kube-node-lease"], names
    made = core.create_namespaced_config_map("default", config_map("a", k="v"))
    assert made.metadata.uid and made.metadata.creation_timestamp.tzinfo
    code, body = status_of(core.create_namespaced_config_map, "default", config_map("a"))
    assert (code, body["reason"]) == (409, "AlreadyExists")
    code, body = status_of(core.read_namespaced_config_map, "none", "default")
    assert body["message"] == 'configmaps "none" not found', body
    patched = core.patch_namespaced_config_map("a", "default", {"data": {"l": "w"}})
    assert patched.data == {"k": "v", "l": "w"}
    patched.data["k"] = "x"
    core.replace_namespaced_config_map("a", "default", patched)
    code, body = status_of(core.replace_namespaced_config_map, "a", "default", patched)
    assert (code, body["reason"]) == (409, "Conflict")
    patched = core.patch_namespaced_config_map("a", "default", [{"op": "remove", "path": "/data/l"}])
    assert patched.data == {"k": "x"}


def pages_and_selectors():
    for name in "bcd":
        core.create_namespaced_config_map("default", config_map(name))
    seen, token = [], None
    while True:
        page = core.list_namespaced_config_map("default", limit=2, label_selector="test=python", _continue=token)
        seen += [item.metadata.name for item in page.items]
        token = page.metadata._continue
        if not token:
            break
    assert seen == ["a", "b", "c", "d"], seen
    only = core.list_namespaced_config_map("default", field_selector="metadata.name=c")
    assert [item.metadata.name for item in only.items] == ["c"]
    core.delete_collection_namespaced_config_map("default", label_selector="test=python")
    assert not core.list_namespaced_config_map("default", label_selector="test=python").items


def watches():
    start = core.list_namespaced_config_map("default").metadata.resource_version
    core.create_namespaced_config_map("default", config_map("w", k="1"))
    core.patch_namespaced_config_map("w", "default", {"data": {"k": "2"}})
    core.delete_namespaced_config_map("w", "default")
    events = []
    stream = watch.Watch()
    for event in stream.stream(core.list_namespaced_config_map, "default", resource_version=start, timeout_seconds=20):
        events.append((event["type"], event["object"].data["k"]))
        if len(events) == 3:
            stream.stop()
    assert events == [("ADDED", "1"), ("MODIFIED", "2"), ("DELETED", "2")], events


def workloads():
    container = client.V1Container(name="c", image="i:1", ports=[client.V1ContainerPort(container_port=80)])
    template = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels={"app": "d"}), spec=client.V1PodSpec(containers=[container]))
    spec = client.V1DeploymentSpec(replicas=2, selector={"matchLabels": {"app": "d"}}, template=template)
    apps.create_namespaced_deployment("default", client.V1Deployment(metadata=client.V1ObjectMeta(name="d"), spec=spec))
    stream = watch.Watch()
    for event in stream.stream(apps.list_namespaced_deployment, "default", timeout_seconds=20):
        if event["object"].status.ready_replicas == 2:
            stream.stop()
    deployment = apps.read_namespaced_deployment("d", "default")
    assert deployment.status.ready_replicas == 2
    assert deployment.spec.strategy.type == "RollingUpdate"
    scale = apps.read_namespaced_deployment_scale("d", "default")
    scale.spec.replicas = 1
    apps.replace_namespaced_deployment_scale("d", "default", scale)
    assert apps.read_namespaced_deployment("d", "default").spec.replicas == 1
    apps.delete_namespaced_deployment("d", "default", propagation_policy="Foreground")
    for event in stream.stream(core.list_namespaced_pod, "default", label_selector="app=d", timeout_seconds=5):
        if event["type"] == "DELETED":
            stream.stop()


def custom_resources():
    definitions.install(client)
    where = ("example.com", "v1", "default", "widgets")
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 3}}
    custom.create_namespaced_custom_object(*where, widget)
    widget["spec"]["size"] = 0
    widget["metadata"]["name"] = "x"
    code, body = status_of(custom.create_namespaced_custom_object, *where, widget)
    assert (code, body["details"]["causes"][0]["field"]) == (422, "spec.size"), body
    custom.patch_namespaced_custom_object_status(*where, "w", {"status": {"phase": "Ready"}})
    assert custom.get_namespaced_custom_object(*where, "w")["status"] == {"phase": "Ready"}
    resources = dynamic.DynamicClient(client.ApiClient())
    widgets = resources.resources.get(api_version="example.com/v1", kind="Widget")
    applied = widgets.server_side_apply(
        body={"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 5}},
        name="w", namespace="default", field_manager="python", force_conflicts=True)
    assert applied.spec.size == 5
    assert [item.metadata.name for item in widgets.get(namespace="default").items] == ["w"]
    widgets.delete(name="w", namespace="default")
    code, _ = status_of(custom.get_namespaced_custom_object, *where, "w")
    assert code == 404


for step in (objects, pages_and_selectors, watches, workloads, custom_resources):
    step()
    print("ok", step.__name__)

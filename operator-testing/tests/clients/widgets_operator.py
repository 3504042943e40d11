"""An operator written with kopf; `kopf_operator.py` runs it."""

import kopf


@kopf.on.create("example.com", "v1", "widgets")
def create(spec, body, patch, **_):
    kopf.info(body, reason="Made", message="a widget is made")
    patch.status["made"] = spec["size"]
    return {"seen": spec["size"]}


@kopf.on.update("example.com", "v1", "widgets", field="spec.size")
def update(old, new, patch, **_):
    patch.status["changed"] = f"{old} to {new}"


@kopf.on.delete("example.com", "v1", "widgets")
def delete(name, **_):
    print(f"goodbye {name}", flush=True)

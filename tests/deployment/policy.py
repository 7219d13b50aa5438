"""What Waymark asks of its Kubernetes manifests beyond what Kubernetes itself asks.

violations(objects) takes the parsed objects of one deployment and returns a list of sentences, each
naming the object and what is wrong with it; an empty list means that every rule holds.
"""

import re

SCALED_BY_LOAD = {"feedback"}
NAME_LABEL = "app.kubernetes.io/name"


class Manifests:
    """The objects of one deployment, by kind."""

    def __init__(self, objects):
        self.objects = objects

    def of(self, kind):
        return [o for o in self.objects if o["kind"] == kind]

    def find(self, kind, name):
        return next((o for o in self.of(kind) if o["metadata"]["name"] == name), None)

    def selecting(self, kind, labels):
        """The objects of a kind whose pod selector takes a pod with these labels."""
        return [o for o in self.of(kind) if selects(pod_selector(o), labels)]


def pod_selector(o):
    spec = o.get("spec", {})
    if o["kind"] == "Service":
        selector = spec.get("selector")
        return {"matchLabels": selector} if selector else None
    return spec.get("podSelector") if o["kind"] == "NetworkPolicy" else spec.get("selector")


def selects(selector, labels):
    if selector is None:
        return False
    return all(labels.get(k) == v for k, v in selector.get("matchLabels", {}).items()) and all(
        e["operator"] == "In" and labels.get(e["key"]) in e["values"]
        for e in selector.get("matchExpressions", []))


def pod_of(deployment):
    return deployment["spec"]["template"]["spec"]


def labels_of(deployment):
    return deployment["spec"]["template"]["metadata"].get("labels", {})


def env_of(container):
    return {e["name"]: e.get("value", "") for e in container.get("env", [])}


def ports_of(container):
    return {p.get("name"): p["containerPort"] for p in container.get("ports", [])}


def seconds(text):
    """"400ms", "20s" or "1m30s" in seconds."""
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
    return sum(float(n) * units[u] for n, u in re.findall(r"([\d.]+)(ms|s|m|h)", text))


def pod_is_restricted(m, deployment):
    pod = pod_of(deployment)
    context = pod.get("securityContext", {})
    if context.get("runAsNonRoot") is not True or not context.get("runAsUser"):
        yield "may run as root: set runAsNonRoot and a numeric runAsUser"
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "has no seccompProfile RuntimeDefault"
    if any(pod.get(k) for k in ("hostNetwork", "hostPID", "hostIPC")):
        yield "shares a namespace with its node"
    if any("hostPath" in v for v in pod.get("volumes", [])):
        yield "mounts a folder of its node"
    if pod.get("automountServiceAccountToken") is not False:
        yield "mounts a service account token that it does not need"
    if pod.get("enableServiceLinks") is not False:
        yield "takes environment variables from other services: set enableServiceLinks to false"
    account = m.find("ServiceAccount", pod.get("serviceAccountName"))
    if not account or account.get("automountServiceAccountToken") is not False:
        yield "has no service account of its own without a token"


def containers_are_restricted(m, deployment):
    pod = pod_of(deployment)
    for c in pod["containers"] + pod.get("initContainers", []):
        context = c.get("securityContext", {})
        if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
            yield f"container {c['name']} may gain privileges"
        if context.get("capabilities") != {"drop": ["ALL"]}:
            yield f"container {c['name']} does not drop all capabilities"
        if context.get("readOnlyRootFilesystem") is not True:
            yield f"container {c['name']} can write to its root file system"
        if context.get("runAsNonRoot") is False or context.get("runAsUser") == 0:
            yield f"container {c['name']} may run as root"
        for kind in ("requests", "limits"):
            if {"cpu", "memory"} - set(c.get("resources", {}).get(kind, {})):
                yield f"container {c['name']} lacks {kind} for cpu and memory"
        if not re.search(r"(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$", c["image"]):
            yield f"container {c['name']} has an image without a fixed tag: {c['image']}"


def probes_ask_the_service(m, deployment):
    for c in pod_of(deployment)["containers"]:
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            if probe not in c:
                yield f"container {c['name']} has no {probe}"
            elif "grpc" in ports_of(c) and (
                    c[probe].get("grpc", {}).get("port") != ports_of(c)["grpc"]):
                yield f"container {c['name']}: {probe} does not ask gRPC health on its gRPC port"


def secrets_come_as_files(m, deployment):
    pod = pod_of(deployment)
    for c in pod["containers"]:
        if any("secretKeyRef" in e.get("valueFrom", {}) for e in c.get("env", [])) or any(
                "secretRef" in e for e in c.get("envFrom", [])):
            yield f"container {c['name']} takes a secret from its environment; mount it as a file"
        for name, value in env_of(c).items():
            if re.search(r"://[^/@]*:[^/@]*@|password=", value):
                yield f"container {c['name']} has a password in {name}"
        secret_volumes = {v["name"] for v in pod.get("volumes", []) if "secret" in v}
        for mount in c.get("volumeMounts", []):
            if mount["name"] in secret_volumes and mount.get("readOnly") is not True:
                yield f"container {c['name']} can write to the secret in {mount['mountPath']}"
    for v in pod.get("volumes", []):
        if "secret" in v and v["secret"].get("defaultMode", 0o644) & 0o007:
            yield f"everyone in the pod can read the secret {v['secret'].get('secretName')}"


def ends_and_updates_in_order(m, deployment):
    pod, update = pod_of(deployment), deployment["spec"].get("strategy", {})
    if update.get("type") != "RollingUpdate" or (
            update.get("rollingUpdate", {}).get("maxUnavailable") != 0):
        yield "can lose a pod during an update: set RollingUpdate with maxUnavailable 0"
    for c in pod["containers"]:
        env = env_of(c)
        if "grpc" not in ports_of(c):
            continue
        needed = seconds(env.get("WAYMARK_DRAIN", "")) + seconds(env.get("WAYMARK_GRACE", ""))
        if not needed or pod.get("terminationGracePeriodSeconds", 30) <= needed:
            yield (f"is killed while it drains: terminationGracePeriodSeconds must exceed "
                   f"WAYMARK_DRAIN and WAYMARK_GRACE, {needed:g} s")


def scales_as_meant(m, deployment):
    name, labels = deployment["metadata"]["name"], labels_of(deployment)
    scalers = [s for s in m.of("HorizontalPodAutoscaler")
               if s["spec"]["scaleTargetRef"] == {
                   "apiVersion": "apps/v1", "kind": "Deployment", "name": name}]
    if bool(scalers) != (name in SCALED_BY_LOAD):
        yield f"has {len(scalers)} autoscalers; exactly {sorted(SCALED_BY_LOAD)} scale by load"
    if scalers and "replicas" in deployment["spec"]:
        yield "sets replicas, which undoes its autoscaler at every apply"
    if not scalers and deployment["spec"].get("replicas", 1) < 2:
        if "grpc" in ports_of(pod_of(deployment)["containers"][0]):
            yield "has fewer than two replicas"
        return
    spread = pod_of(deployment).get("topologySpreadConstraints", [])
    if not any(selects(s.get("labelSelector"), labels) and
               s["topologyKey"] == "kubernetes.io/hostname" for s in spread):
        yield "may have all replicas on one node: add topologySpreadConstraints"
    budgets = m.selecting("PodDisruptionBudget", labels)
    if len(budgets) != 1 or budgets[0]["spec"].get("maxUnavailable") != 1:
        yield "needs one PodDisruptionBudget with maxUnavailable 1"


def is_served_and_watched(m, deployment):
    labels, c = labels_of(deployment), pod_of(deployment)["containers"][0]
    ports, env = ports_of(c), env_of(c)
    if not selects(deployment["spec"]["selector"], labels):
        yield "has a selector that does not take its own pods"
    services = m.selecting("Service", labels)
    if not services or any(p.get("targetPort") not in ports for s in services
                           for p in s["spec"]["ports"]):
        yield "has no Service that leads to a port of its container by name"
    if "grpc" not in ports:
        return
    if any(s["spec"].get("clusterIP") != "None" for s in services):
        yield "has a Service that is not headless, which pins gRPC clients to one pod"
    for variable, port in (("WAYMARK_LISTEN", "grpc"), ("WAYMARK_ADMIN_LISTEN", "admin")):
        if env.get(variable) != f"0.0.0.0:{ports.get(port)}":
            yield f"{variable} is not 0.0.0.0 with the {port} port"
    notes = deployment["spec"]["template"]["metadata"].get("annotations", {})
    if (notes.get("prometheus.io/scrape"), notes.get("prometheus.io/port")) != (
            "true", str(ports.get("admin"))):
        yield "is not scraped by Prometheus on its admin port"
    volumes = {v["name"]: v for v in pod_of(deployment).get("volumes", [])}
    tenants = volumes.get("tenants", {}).get("configMap", {}).get("name")
    if not m.find("ConfigMap", tenants) or "WAYMARK_TENANTS" not in env:
        yield "does not take its tenants from a ConfigMap of this deployment"


def network_rules(m, deployment, direction):
    """(peer, port) for each peer and port that the deployment's policies let through."""
    side = "from" if direction == "Ingress" else "to"
    for policy in m.selecting("NetworkPolicy", labels_of(deployment)):
        if direction in policy["spec"].get("policyTypes", []):
            for rule in policy["spec"].get(direction.lower(), []):
                for peer in rule.get(side) or [{}]:
                    for port in rule.get("ports") or [{}]:
                        yield peer, port.get("port")


def calls_of(deployment):
    """(service, port) of everything in the cluster that its configuration lets it call."""
    for c in pod_of(deployment)["containers"]:
        for value in env_of(c).values():
            for service, port in re.findall(r"(?:dns:///|redis://)([\w-]+):(\d+)", value):
                yield service, int(port)


def network_is_least_privilege(m, deployment):
    name, labels = deployment["metadata"]["name"], labels_of(deployment)
    for direction in ("Ingress", "Egress"):
        if not any(direction in p["spec"].get("policyTypes", [])
                   for p in m.selecting("NetworkPolicy", labels)):
            yield f"has no NetworkPolicy for {direction}"
        for peer, port in network_rules(m, deployment, direction):
            if port is None or not any(peer.values()):
                yield f"{direction} is open to any peer or port"
            if peer.get("ipBlock", {}).get("cidr", "").endswith("/0"):
                yield f"{direction} is open to every address"

    def lets(rules, other, port):
        return any(p == port and "namespaceSelector" not in peer and
                   selects(peer.get("podSelector"), labels_of(other)) for peer, p in rules)

    calls = set(calls_of(deployment))
    for other in m.of("Deployment"):
        other_name = other["metadata"]["name"]
        for port in {p for s in m.selecting("Service", labels_of(other))
                     for p in (x["port"] for x in s["spec"]["ports"])}:
            called = (other_name, port) in calls
            out = lets(network_rules(m, deployment, "Egress"), other, port)
            into = lets(network_rules(m, other, "Ingress"), deployment, port)
            if called and not (out and into):
                yield f"calls {other_name}:{port}, but the NetworkPolicies do not let it"
            if not called and (out or into):
                yield f"may reach {other_name}:{port}, which it does not call"
    for service, _ in calls:
        if not m.find("Service", service):
            yield f"calls {service}, which has no Service here"


def peers_are_balanced(m, deployment):
    for c in pod_of(deployment)["containers"]:
        for variable in ("WAYMARK_FEEDBACK", "WAYMARK_JOURNEY", "WAYMARK_SCORING"):
            value = env_of(c).get(variable)
            if value is not None and not value.startswith("dns:///"):
                yield f"{variable} is not a dns:/// name, so calls would go to one pod"


RULES = [pod_is_restricted, containers_are_restricted, probes_ask_the_service,
         secrets_come_as_files, ends_and_updates_in_order, scales_as_meant, is_served_and_watched,
         network_is_least_privilege, peers_are_balanced]


def violations(objects):
    m = Manifests(objects)
    found = [f"Secret/{s['metadata']['name']} is in the manifests; secrets do not belong in git"
             for s in m.of("Secret")]
    found += [f"{o['kind']}/{o['metadata']['name']} uses {o['apiVersion']}, which is not a stable API"
              for o in objects if re.search(r"alpha|beta", o["apiVersion"])]
    for deployment in m.of("Deployment"):
        for rule in RULES:
            found += [f"Deployment/{deployment['metadata']['name']} {text}"
                      for text in rule(m, deployment)]
    return found

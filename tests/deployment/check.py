"""Checks the Kubernetes manifests: python3 check.py [--tools FOLDER] [--bin FOLDER]

The policy always runs. With --tools, a folder with kubectl and node_modules/kubernetes-models, every
kustomization is rendered by kubectl and validated against the schemas of Kubernetes; without, the
base is read as it stands. With --bin the environment of each container must hold options that the
service's binary knows. bad.yaml holds manifests that each check must refuse.
"""

import argparse
import copy
import json
import pathlib
import re
import subprocess
import sys

import yaml

import policy

HERE = pathlib.Path(__file__).parent
MANIFESTS = HERE.parent.parent / "deploy" / "kubernetes"


def parse(text):
    return [o for o in yaml.safe_load_all(text) if o]


def render(kubectl, folder):
    return parse(subprocess.run([kubectl, "kustomize", folder], check=True, text=True,
                                stdout=subprocess.PIPE).stdout)


def read_as_it_stands(folder):
    """The resources that a kustomization lists, without what it would change in them."""
    objects = []
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    for resource in kustomization["resources"]:
        path = folder / resource
        objects += read_as_it_stands(path) if path.is_dir() else parse(path.read_text())
    for generator in kustomization.get("configMapGenerator", []):
        objects.append({"apiVersion": "v1", "kind": "ConfigMap",
                        "metadata": {"name": generator["name"]}})
    return objects


def spoil(objects, case):
    """A copy of the objects with one thing changed, see bad.yaml."""
    objects = copy.deepcopy(objects)
    kind, name = case["object"].split("/")
    target = policy.Manifests(objects).find(kind, name)
    # Labels have dots of their own, but none is a step of a path here.
    *steps, last = [int(s) if s.isdigit() else s for s in case["path"].split(".")]
    for step in steps:
        target = target[step]
    if case["value"] is None:
        del target[last]
    else:
        target[last] = case["value"]
    return objects


def schema_errors(tools, sets):
    done = subprocess.run(["node", HERE / "schema.mjs", tools], input=json.dumps(sets), text=True,
                          check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def unknown_options(binaries, objects):
    """Environment variables that would be ignored, because the binary has no such option."""
    for deployment in policy.Manifests(objects).of("Deployment"):
        name = deployment["metadata"]["name"]
        binary = binaries / f"waymark-{name}"
        if binary.exists():
            usage = subprocess.run([binary, "--help"], check=True, text=True,
                                   stdout=subprocess.PIPE).stdout
            known = set(re.findall(r"Env:(\w+)", usage))
            for variable in policy.env_of(policy.pod_of(deployment)["containers"][0]):
                if variable.startswith("WAYMARK_") and variable not in known:
                    yield f"Deployment/{name} sets {variable}, which waymark-{name} does not know"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--tools", type=pathlib.Path)
    arguments.add_argument("--bin", type=pathlib.Path)
    arguments = arguments.parse_args()

    if arguments.tools:
        folders = [MANIFESTS / "base", *sorted((MANIFESTS / "overlays").iterdir())]
        good = {str(f.relative_to(MANIFESTS)): render(arguments.tools / "kubectl", f)
                for f in folders}
    else:
        good = {"base": read_as_it_stands(MANIFESTS / "base")}
    cases = yaml.safe_load((HERE / "bad.yaml").read_text())
    bad = {f"bad.yaml: {c['object']} with {c['path']} = {json.dumps(c['value'])}":
           (c, spoil(good["base"], c)) for c in cases}

    failures = []
    for name, objects in good.items():
        failures += [f"{name}: {v}" for v in policy.violations(objects)]
        if arguments.bin:
            failures += [f"{name}: {v}" for v in unknown_options(arguments.bin, objects)]
    found = {n: policy.violations(o) for n, (c, o) in bad.items() if not c.get("schema")}
    if arguments.tools:
        schema = schema_errors(arguments.tools, good | {
            n: o for n, (c, o) in bad.items() if c.get("schema")})
        failures += [f"{n}: {e}" for n in good for e in schema[n]]
        found |= {n: schema[n] for n in schema if n in bad}
    for name, said in found.items():
        if not any(bad[name][0]["says"] in text for text in said):
            failures.append(f"{name} was not refused with: {bad[name][0]['says']} (but: {said})")

    for failure in failures:
        print(failure, file=sys.stderr)
    counts = ", ".join(f"{n} ({len(o)} objects)" for n, o in good.items())
    if not failures:
        print(f"{counts}: good by policy{' and schema' if arguments.tools else ''}; "
              f"{len(found)} bad manifests refused")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

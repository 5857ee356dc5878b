#!/usr/bin/env python3
"""Makes deploy/manifests of the chart: `manifests.py FOLDER` writes there what the chart renders with its own values, for those
who install without Helm. Jobs of the first installation are objects like any other there; those that only a release has
(checks before an upgrade, canary, what happens at its end) are left out."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEAD = "# Made of the chart by deploy/generate/manifests.py.\n"
MONITORING = "monitoring: {serviceMonitor: {enabled: true}, prometheusRule: {enabled: true}}\n"
JOBS = ("portcullis-certificates", "portcullis-register", "portcullis-verify")


def rendered(*words):
    script = os.path.join(ROOT, "deploy", "render.sh")
    text = subprocess.run([script, "-n", "portcullis-system", *words], check=True, capture_output=True, text=True).stdout
    return [part for part in re.split(r"^---\n", text, flags=re.M) if part.strip()]


def kind_and_name(part):
    return re.search(r"^kind: (\S+)$", part, re.M)[1], re.search(r"^metadata:\n  name: (\S+)$", part, re.M)[1]


def plain(part):
    """A document as somebody would write it who has no Helm."""
    part = re.sub(r"^# Source: .*\n", "", part)
    part = re.sub(r"^( *)annotations:\n(?:\1  helm\.sh/.*\n)+", "", part, flags=re.M)
    part = re.sub(r"^ *helm\.sh/chart: .*\n", "", part, flags=re.M)
    part = part.replace("app.kubernetes.io/managed-by: Helm", "app.kubernetes.io/managed-by: kustomize")
    return part.replace("portcullis-candidate-rules", "portcullis-rules").replace("portcullis-candidate", "portcullis-config").strip() + "\n"


def main():
    folder = sys.argv[1]
    files = {"server.yaml": [], "rules.yaml": [], "access.yaml": [], "jobs.yaml": [], "monitoring/monitoring.yaml": []}
    for part in rendered():
        kind, name = kind_and_name(part)
        is_hook = "helm.sh/hook:" in part
        if kind == "Job":
            if name in JOBS:
                files["jobs.yaml"].append(plain(part))
        elif kind == "CronJob":
            files["jobs.yaml"].append(plain(part))
        elif kind in ("ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"):
            files["access.yaml"].append(plain(part))
        elif name == "portcullis-cases":
            files["jobs.yaml"].append(plain(part))
        elif name == "portcullis-rules":
            files["rules.yaml"].append(plain(part))
        elif not is_hook:
            files["server.yaml"].append(plain(part))
    values = os.path.join(folder, "values.yaml")
    with open(values, "w") as file:
        file.write(MONITORING)
    for part in rendered("-f", values):
        if kind_and_name(part)[0] in ("ServiceMonitor", "PrometheusRule"):
            files["monitoring/monitoring.yaml"].append(plain(part))
    os.remove(values)
    for name, parts in files.items():
        os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
        with open(os.path.join(folder, name), "w") as file:
            file.write(HEAD + "---\n".join(parts))


main()

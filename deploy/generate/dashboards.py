#!/usr/bin/env python3
"""Writes the dashboards of deploy/monitoring/dashboards: `dashboards.py [FOLDER]`.

What panels have in common (data source, variables, grid, legends) is said once here; Grafana wants it said in each. The files are
checked in, and a test holds them against what this writes.
"""
import json
import os
import sys

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "monitoring", "dashboards")
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
# Of the replicas that are looked at, and of their hooks.
ALL = 'job=~"$job", instance=~"$replica"'
HOOK = ALL + ', hook=~"$hook"'
# Recorded series have no replica.
RECORDED = 'job=~"$job", hook=~"$hook"'
GOOD, WARNING, BAD = "green", "orange", "red"


def steps(*rest):
    """Thresholds: the first colour, then pairs of a value and the colour from there on."""
    first, pairs = rest[0], rest[1:]
    return {"mode": "absolute", "steps": [{"color": first, "value": None}] + [{"color": color, "value": value} for value, color in pairs]}


LOW_IS_GOOD = steps(GOOD, (1e-9, BAD))


class Panel:
    """One panel: its queries are pairs of an expression and a legend."""

    def __init__(self, kind, title, text, queries, unit="short", width=8, height=8, thresholds=None, runbook=None, **more):
        self.kind, self.title, self.text, self.queries = kind, title, text, queries
        self.unit, self.width, self.height, self.thresholds, self.runbook, self.more = unit, width, height, thresholds, runbook, more

    def json(self, number, x, y):
        instant = self.kind in ("stat", "bargauge", "table")
        defaults = {"unit": self.unit, "thresholds": self.thresholds or steps(GOOD),
                    "color": {"mode": "thresholds" if instant or self.kind == "state-timeline" else "palette-classic"}}
        if self.kind == "timeseries":
            defaults["custom"] = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": self.more.get("fill", 8), "showPoints": "never",
                                  "stacking": {"mode": "normal" if self.more.get("stacked") else "none", "group": "A"},
                                  "thresholdsStyle": {"mode": "line" if self.thresholds else "off"}}
        for name in ("min", "max", "decimals"):
            if name in self.more:
                defaults[name] = self.more[name]
        panel = {"id": number, "type": self.kind, "title": self.title, "description": self.text, "datasource": SOURCE,
                 "gridPos": {"h": self.height, "w": self.width, "x": x, "y": y}, "fieldConfig": {"defaults": defaults, "overrides": []},
                 "options": self.options(), "targets": [self.target(index, instant) for index in range(len(self.queries))]}
        if self.kind == "table":
            hidden = {name: True for name in ("Time", "__name__", "cluster", "endpoint", "container", "service")}
            panel["transformations"] = [
                {"id": "merge", "options": {}},
                {"id": "organize", "options": {"excludeByName": hidden, "renameByName": self.more.get("columns", {})}}]
        if self.runbook:
            panel["links"] = [{"title": "Runbook", "url": "${runbook}#" + self.runbook.lower(), "targetBlank": True}]
        return panel

    def target(self, index, instant):
        expression, legend = self.queries[index]
        target = {"refId": chr(65 + index), "datasource": SOURCE, "expr": expression, "legendFormat": legend}
        if instant:
            target.update(instant=True, range=False, format="table" if self.kind == "table" else "time_series")
        if self.kind == "heatmap":
            target["format"] = "heatmap"
        return target

    def options(self):
        reduced = {"calcs": ["lastNotNull"], "fields": "", "values": False}
        if self.kind == "stat":
            return {"reduceOptions": reduced, "colorMode": "value", "graphMode": "none", "textMode": "auto", "justifyMode": "auto"}
        if self.kind == "bargauge":
            return {"reduceOptions": reduced, "displayMode": "basic", "orientation": "horizontal", "showUnfilled": True}
        if self.kind == "table":
            return {"showHeader": True, "cellHeight": "sm"}
        if self.kind == "heatmap":
            return {"calculate": False, "yAxis": {"unit": self.unit}, "color": {"mode": "scheme", "scheme": "Oranges"},
                    "tooltip": {"mode": "single"}}
        if self.kind == "state-timeline":
            return {"showValue": "never", "mergeValues": True, "legend": {"displayMode": "list", "placement": "bottom"}}
        return {"legend": {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"]},
                "tooltip": {"mode": "multi", "sort": "desc"}}


def stat(title, text, query, unit="short", thresholds=None, runbook=None, width=4, **more):
    return Panel("stat", title, text, [(query, "")], unit, width, 4, thresholds, runbook, **more)


def graph(title, text, queries, unit="short", **more):
    return Panel("timeseries", title, text, queries, unit, **more)


def query_variable(name, label, query):
    return {"name": name, "label": label, "type": "query", "datasource": SOURCE, "query": {"query": query, "refId": name},
            "definition": query,
            "refresh": 2, "sort": 1, "multi": True, "includeAll": True, "allValue": ".*", "current": {"text": ["All"], "value": ["$__all"]}}


def variables():
    return [
        {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "refresh": 1, "current": {}},
        query_variable("job", "Job", "label_values(portcullis_ready, job)"),
        query_variable("replica", "Replica", 'label_values(portcullis_ready{job=~"$job"}, instance)'),
        query_variable("hook", "Hook", 'label_values(portcullis_hook_objective_ratio{job=~"$job"}, hook)'),
        # Where the runbook is read; whoever installs the dashboards says so here.
        {"name": "runbook", "label": "Runbook", "type": "textbox", "hide": 2, "query": "runbook.md",
         "current": {"text": "runbook.md", "value": "runbook.md"},
         "options": [{"text": "runbook.md", "value": "runbook.md", "selected": True}]},
    ]


def dashboard(name, title, text, since, rows):
    panels, number, y = [], 0, 0
    for heading, row in rows:
        number += 1
        panels.append({"id": number, "type": "row", "title": heading, "collapsed": False, "panels": [],
                       "gridPos": {"h": 1, "w": 24, "x": 0, "y": y}})
        x, y, tallest = 0, y + 1, 0
        for panel in row:
            if x + panel.width > 24:
                x, y, tallest = 0, y + tallest, 0
            number += 1
            panels.append(panel.json(number, x, y))
            x, tallest = x + panel.width, max(tallest, panel.height)
        y += tallest
    return {
        "uid": f"portcullis-{name}", "title": title, "description": text, "tags": ["portcullis"], "schemaVersion": 42,
        "version": 1, "editable": True, "graphTooltip": 1, "refresh": "30s", "time": {"from": f"now-{since}", "to": "now"},
        "timezone": "browser", "fiscalYearStartMonth": 0,
        "annotations": {"list": [
            {"name": "Revisions of the rules", "enable": True, "datasource": SOURCE, "iconColor": "blue", "titleFormat": "Rules were read",
             "expr": 'changes(portcullis_rules_last_reload_timestamp_seconds{job=~"$job"}[1m]) > 0'}]},
        "links": [{"title": "Portcullis", "type": "dashboards", "tags": ["portcullis"], "asDropdown": True, "keepTime": True,
                   "includeVars": True},
                  {"title": "Runbook", "type": "link", "url": "${runbook}", "targetBlank": True, "icon": "doc"}],
        "templating": {"list": variables()}, "panels": panels}


def rate(metric, by="", labels=ALL):
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} (rate({metric}{{{labels}}}[$__rate_interval]))"


def quantile(share, metric, by="", labels=ALL):
    grouped = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, {rate(metric + '_bucket', grouped, labels)})"


def executive():
    expiry = 'min(job:portcullis_certificate_expiry:min_timestamp_seconds{job=~"$job"}) - time()'
    reviews = f"sum(increase(portcullis_admission_requests_total{{{ALL}}}[$__range]))"
    denied = f'sum(increase(portcullis_admission_requests_total{{{ALL}, outcome="denied"}}[$__range])) / ' + reviews
    return dashboard("executive", "Portcullis / Executive", "Whether the cluster's admission control keeps its promises.", "7d", [
        ("At a glance", [
            stat("Replicas ready", "How many replicas take reviews.", f"sum(portcullis_ready{{{ALL}}})", thresholds=steps(BAD,
                (1, WARNING), (2, GOOD)), runbook="PortcullisNoReplicaReady"),
            stat("Reviews", "Writes to the cluster that were decided in the time shown.",
                reviews, decimals=0),
            stat("Denied", "The share of them that was denied.", denied, "percentunit"),
            stat("Admitted unchecked", "Checks that were skipped because a hook had no verdict; each one is in the fail-open ledger.",
                f"sum(increase(portcullis_fail_open_total{{{ALL}}}[$__range]))", thresholds=LOW_IS_GOOD, runbook="PortcullisFailOpen",
                decimals=0),
            stat("Review, 99th percentile", "Nearly every write to the cluster waits no longer than this for admission.",
                'max(job:portcullis_admission_duration:p99_5m{job=~"$job"})', "s", steps(GOOD, (0.25, WARNING), (1, BAD)),
                "PortcullisReviewsSlow"),
            stat("Certificate expires in", "The first certificate to expire; it is renewed long before.", expiry, "s", steps(BAD,
                (3 * 86400, WARNING), (21 * 86400, GOOD)), "PortcullisCertificateExpiresSoon"),
        ]),
        ("Objectives of thirty days", [
            Panel("bargauge", "Error budget left",
                "The share of the failures that each hook may have within thirty days and has not had. Below zero the objective is missed.",
                [(f"sort(hook:portcullis_hook_error_budget_remaining:ratio30d{{{RECORDED}}})", "{{hook}} ({{criticality}})")],
                "percentunit", 12, 10, steps(BAD, (0, WARNING), (0.25, GOOD)), "PortcullisErrorBudgetSpent", min=-1, max=1),
            Panel("table", "Objective and what became of it",
                "Per hook the share of calls that is to have a verdict, and the share that had none.",
                # Without their names, which would keep the two apart.
                [(f"max by (namespace, hook, criticality) (hook:portcullis_hook_objective:ratio{{{RECORDED}}})", ""),
                 (f"max by (namespace, hook) (hook:portcullis_hook_failures:ratio_rate30d{{{RECORDED}}})", "")], "percentunit", 12, 10, decimals=3,
                columns={"Value #A": "objective", "Value #B": "without a verdict"}),
        ]),
        ("Over time", [
            graph("Reviews by outcome", "How many writes a second are admitted, changed and denied.",
                [(rate("portcullis_admission_requests_total", "outcome"), "{{outcome}}")], "reqps", stacked=True, fill=30),
            graph("Calls of hooks with a verdict", "The share of calls within a day that ended with a verdict; the five worst hooks.",
                [(f"bottomk(5, 1 - hook:portcullis_hook_failures:ratio_rate1d{{{RECORDED}}})", "{{hook}}")], "percentunit", max=1),
            graph("Speed at which budgets are spent",
                "1 spends the budget of thirty days in thirty days; the five fastest hooks, over a day.",
                [(f"topk(5, hook:portcullis_hook_burn:ratio_rate1d{{{RECORDED}}})", "{{hook}}")], thresholds=steps(GOOD, (1, WARNING),
                (3, BAD)), runbook="PortcullisErrorBudgetBurn1d"),
        ]),
    ])


def on_call():
    return dashboard("on-call", "Portcullis / On call", "What is wrong, since when, and with which hook.", "3h", [
        ("Now", [
            Panel("table", "Alerts", "What is firing or about to. The runbook has a section for each name.",
                [('ALERTS{alertname=~"Portcullis.*"}', "")], width=12, height=8),
            stat("Replicas ready", "How many replicas take reviews.", f"sum(portcullis_ready{{{ALL}}})", thresholds=steps(BAD,
                (1, WARNING), (2, GOOD)), runbook="PortcullisNotReady"),
            stat("Turned away", "The share of reviews that was turned away for want of room.",
                'max(job:portcullis_admission_shed:ratio_rate5m{job=~"$job"})', "percentunit", LOW_IS_GOOD, "PortcullisShedding"),
            stat("Unchecked in an hour", "Checks that were skipped because a hook had no verdict.",
                f"sum(increase(portcullis_fail_open_total{{{HOOK}}}[1h]))", thresholds=LOW_IS_GOOD, runbook="PortcullisFailOpen",
                decimals=0),
            stat("Breakers not closed", "Hooks that are left alone, or only probed, on some replica.",
                f'count(count by (hook) (portcullis_hook_breaker_state{{{HOOK}, state="closed"}} == 0)) or vector(0)',
                thresholds=LOW_IS_GOOD, runbook="PortcullisBreakerOpen"),
            Panel("table", "Changed by people", "Hooks whose mode or breaker was set by hand, and how long ago.",
                [(f"time() - portcullis_hook_changed_timestamp_seconds{{{HOOK}}}", "")], "s", 12, 6, columns={"Value": "changed for"},
                runbook="PortcullisHookChanged"),
            stat("Invalid documents", "Rule documents that cannot be used as they are.", f"max(portcullis_rules_invalid{{{ALL}}})",
                thresholds=LOW_IS_GOOD, runbook="PortcullisRulesInvalid"),
            stat("Revisions served", "More than one: replicas decide differently.",
                'max(job:portcullis_rules_revisions:count{job=~"$job"})', thresholds=steps(GOOD, (2, BAD)),
                runbook="PortcullisRevisionsDiffer"),
        ]),
        ("Reviews", [
            graph("Reviews by outcome", "How many writes a second are admitted, changed and denied.",
                [(rate("portcullis_admission_requests_total", "outcome"), "{{outcome}}")], "reqps", stacked=True, fill=30),
            graph("Time of reviews", "From the first byte of a review to the last of its answer.",
                [(quantile(share, "portcullis_admission_duration_seconds"), f"p{share * 100:g}") for share in (0.5, 0.95, 0.99)], "s",
                thresholds=steps(GOOD, (1, BAD)), runbook="PortcullisReviewsSlow"),
            graph("Answered without a verdict",
                "Requests that were refused, by why. `shed` is overload; `draining` is a replica that ends, and harmless.",
                [(rate("portcullis_admission_rejected_total", "reason"), "{{reason}}")], "reqps", runbook="PortcullisShedding"),
        ]),
        ("Hooks", [
            graph("Speed at which budgets are spent", "Above 14.4 over an hour and over five minutes somebody is called.",
                [(f"topk(5, hook:portcullis_hook_burn:ratio_rate1h{{{RECORDED}}})", "{{hook}}, an hour"),
                (f"topk(5, hook:portcullis_hook_burn:ratio_rate5m{{{RECORDED}}})", "{{hook}}, five minutes")], thresholds=steps(GOOD,
                (6, WARNING), (14.4, BAD)), runbook="PortcullisErrorBudgetBurn1h"),
            graph("Calls without a verdict, by reason",
                "`timeout` and `error` are the hook's doing, `breaker_open` and `overload` what protects the others from it, "
                "`contract` an answer that is none.",
                [(rate("portcullis_hook_failures_total", "hook, reason", HOOK) + " > 0", "{{hook}}: {{reason}}")], "reqps"),
            graph("Admitted unchecked, by reason", "Hooks whose failure policy admits what they have no verdict about.",
                [(rate("portcullis_fail_open_total", "hook, reason", HOOK) + " > 0", "{{hook}}: {{reason}}")], "reqps",
                runbook="PortcullisFailOpen"),
            graph("Time against budget", "The 99th percentile of five minutes as a share of the budget: at 1 it times out.",
                [(f"hook:portcullis_hook_latency:p99_5m{{{RECORDED}}} / on (cluster, namespace, job, hook) "
                  f"hook:portcullis_hook_budget:seconds{{{RECORDED}}}", "{{hook}}")],
                "percentunit", thresholds=steps(GOOD, (0.8, WARNING), (1, BAD)), runbook="PortcullisHookNearBudget"),
            graph("Timeouts", "The share of calls without a verdict within their budget.",
                [(f"hook:portcullis_hook_timeouts:ratio_rate5m{{{RECORDED}}} > 0", "{{hook}}")], "percentunit", thresholds=steps(GOOD,
                (0.01, BAD)), runbook="PortcullisHookTimeouts"),
            Panel("state-timeline", "Breakers", "Replicas on which a hook's breaker is not closed.",
                [(f'sum by (hook) (portcullis_hook_breaker_state{{{HOOK}, state!="closed"}})', "{{hook}}")], thresholds=steps(GOOD,
                (1, BAD)), runbook="PortcullisBreakerOpen"),
            graph("Retries", "Attempts after the first, and those that the server's budget did not allow.",
                [(rate("portcullis_hook_retries_total", "hook", HOOK) + " > 0", "{{hook}}"),
                (rate("portcullis_hook_retries_refused_total"), "refused")], "reqps", runbook="PortcullisRetryBudgetExhausted"),
            graph("Dead letters", "Calls that failed for good and that nobody has dealt with.",
                [(f'sum by (hook) (portcullis_dead_letters{{{HOOK}, state="open"}})', "{{hook}}")], runbook="PortcullisDeadLettersOld"),
            graph("Oldest dead letter", "How long the oldest of them has waited.",
                [(f"max by (instance) (portcullis_dead_letter_oldest_age_seconds{{{ALL}}})", "{{instance}}")], "s", thresholds=steps(GOOD,
                (86400, BAD)), runbook="PortcullisDeadLettersOld"),
        ]),
        ("Rules and certificates", [
            graph("Revisions of the rules", "How many replicas serve which revision.",
                [(f"count by (hash) (portcullis_rules_revision_info{{{ALL}}})", "{{hash}}")], stacked=True,
                runbook="PortcullisRevisionsDiffer"),
            graph("Readings of rules and configuration", "A partial one left documents out that are wrong.",
                [(rate("portcullis_rules_reload_total", "result"), "rules: {{result}}"),
                (rate("portcullis_configuration_reload_total", "result"), "configuration: {{result}}")], "ops",
                runbook="PortcullisReloadFailed"),
            graph("Certificates expire in", "By what they are used for.",
                [('job:portcullis_certificate_expiry:min_timestamp_seconds{job=~"$job"} - time()', "{{use}}")], "s", thresholds=steps(BAD,
                (3 * 86400, WARNING), (21 * 86400, GOOD)), runbook="PortcullisCertificateExpiresNow"),
        ]),
    ])


def debug():
    return dashboard("debug", "Portcullis / Debug", "Where time, memory and requests go inside a replica.", "1h", [
        ("Where the time goes", [
            Panel("heatmap", "Time of reviews", "From the first byte of a review to the last of its answer.",
                [(rate("portcullis_admission_duration_seconds_bucket", "le"), "{{le}}")], "s"),
            graph("Phases, 99th percentile", "Handshake, arrival, decoding, matching, hooks, encoding and sending, each by itself.",
                [(quantile(0.99, "portcullis_admission_phase_duration_seconds", "phase") + " > 0", "{{phase}}")], "s"),
            graph("Phases, seconds spent in a second", "What all reviews together spend where.",
                [(rate("portcullis_admission_phase_duration_seconds_sum", "phase"), "{{phase}}")], "s", stacked=True, fill=30),
            Panel("heatmap", "Time of hooks", "From asking a hook to its verdict, retries included.",
                [(rate("portcullis_hook_duration_seconds_bucket", "le", HOOK), "{{le}}")], "s"),
            graph("Hooks, 99th percentile", "From the histogram, over the replicas that are looked at.",
                [(quantile(0.99, "portcullis_hook_duration_seconds", "hook", HOOK) + " > 0", "{{hook}}")], "s"),
            graph("Hooks, as the server sees them", "Quantiles of five minutes, replica by replica.",
                [(f"portcullis_hook_latency_seconds{{{HOOK}}}", "{{hook}} {{quantile}} {{instance}}")], "s"),
        ]),
        ("Hooks", [
            graph("Calls by outcome", "A denial is a verdict; a failure is none.",
                [(rate("portcullis_hook_invocations_total", "hook, phase, outcome", HOOK) + " > 0", "{{hook}} ({{phase}}): {{outcome}}")],
                "reqps"),
            graph("Breaker transitions", "States that breakers went into.",
                [(rate("portcullis_hook_breaker_transitions_total", "hook, to", HOOK) + " > 0", "{{hook}} to {{to}}")], "ops",
                runbook="PortcullisBreakerFlapping"),
            graph("With a verdict, as the server sees it", "The share of five minutes, replica by replica.",
                [(f"portcullis_hook_success_ratio{{{HOOK}}}", "{{hook}} {{instance}}")], "percentunit", max=1),
            graph("Error budget left since the start", "Of each replica; it begins anew when the replica does.",
                [(f"portcullis_hook_error_budget_remaining_ratio{{{HOOK}}}", "{{hook}} {{instance}}")], "percentunit", max=1),
            graph("Retries that could be made", "What is left of each replica's retry budget.",
                [(f"portcullis_hook_retry_budget_retries{{{ALL}}}", "{{instance}}")], runbook="PortcullisRetryBudgetExhausted"),
            graph("Mutations that are not idempotent", "Objects that a policy would change again.",
                [(rate("portcullis_mutation_not_idempotent_total", "policy"), "{{policy}}")], "ops"),
            graph("Fail-open ledger", "Entries that are kept, by replica.", [(f"portcullis_fail_open_entries{{{ALL}}}", "{{instance}}")],
                runbook="PortcullisFailOpen"),
            graph("Shadow rules", "Reviews that the candidate rules were asked about too, by what they said.",
                [(rate("portcullis_shadow_reviews_total", "result"), "{{result}}")], "reqps"),
            graph("Recorded decisions", "`dropped` did not fit.", [(rate("portcullis_recorded_decisions_total", "result"), "{{result}}")],
                "reqps"),
        ]),
        ("Connections", [
            graph("Open connections", "To the port that reviews come to.", [(f"portcullis_http_connections{{{ALL}}}", "{{instance}}")]),
            graph("Connections and handshakes", "The API server keeps connections; many handshakes mean that somebody closes them.",
                [(rate("portcullis_http_connections_accepted_total"), "accepted"),
                (rate("portcullis_tls_handshakes_total", "result"), "handshakes: {{result}}")], "cps"),
            graph("Closed early", "For want of descriptors, or to make room.",
                [(rate("portcullis_http_connections_closed_early_total", "reason"), "{{reason}}")], "cps"),
            graph("Refused before anybody read them", "Requests that were malformed, too slow, or too many.",
                [(rate("portcullis_http_requests_refused_total", "reason"), "{{reason}}")], "reqps", runbook="PortcullisShedding"),
            graph("Being worked on", "Reviews that are not answered yet.",
                [(f"portcullis_admission_in_flight{{{ALL}}}", "{{instance}}")]),
            graph("Answers that came too late", "Their client had gone.",
                [(rate("portcullis_http_answers_undelivered_total"), "undelivered")], "reqps", runbook="PortcullisReviewsSlow"),
            graph("Bytes", "Of requests and of answers.", [(rate("portcullis_http_received_bytes_total"), "received"),
                (rate("portcullis_http_sent_bytes_total"), "sent")], "Bps"),
        ]),
        ("The process", [
            graph("CPU", "Cores in use.", [(f"rate(process_cpu_seconds_total{{{ALL}}}[$__rate_interval])", "{{instance}}")]),
            graph("Memory", "What is resident.", [(f"process_resident_memory_bytes{{{ALL}}}", "{{instance}}")], "bytes"),
            graph("File descriptors", "Open, and how many there may be.", [(f"process_open_fds{{{ALL}}}", "{{instance}}"),
                (f"process_max_fds{{{ALL}}}", "{{instance}}: at most")]),
            graph("Threads", "A loop each, and those that wait for disks.", [(f"process_threads{{{ALL}}}", "{{instance}}")]),
            graph("Up since", "How long the process has run.", [(f"time() - process_start_time_seconds{{{ALL}}}", "{{instance}}")], "s",
                runbook="PortcullisDown"),
            graph("Scrapes", "How long Prometheus waits for the metrics.", [(f"scrape_duration_seconds{{{ALL}}}", "{{instance}}")], "s"),
            graph("Lost log lines", "Whoever reads the log was too slow.", [(rate("portcullis_log_lines_dropped_total"), "lines")], "ops",
                runbook="PortcullisLogLinesDropped"),
            graph("Lost records", "The disk was too slow, or full.",
                [(rate("portcullis_records_dropped_total", "records"), "{{records}}")], "ops", runbook="PortcullisRecordsDropped"),
            graph("Spans", "By what became of them.", [(rate("portcullis_spans_total", "result"), "{{result}}")], "ops"),
            Panel("table", "Releases and rules", "Which release each replica is, and how many documents of each kind it serves.",
                [(f"max by (instance, version) (portcullis_build_info{{{ALL}}})", ""),
                 (f"max by (instance, kind) (portcullis_rules_loaded{{{ALL}}})", "")], width=16,
                columns={"Value #A": "runs", "Value #B": "documents"}),
        ]),
    ])


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else FOLDER
    for made in (executive(), on_call(), debug()):
        path = os.path.join(folder, made["uid"].removeprefix("portcullis-") + ".json")
        with open(path, "w") as file:
            file.write(json.dumps(made, indent=2) + "\n")


if __name__ == "__main__":
    main()

import HTTP

/// The page for people: what the other endpoints say, in tables that keep up by themselves.
///
/// It is one file without anything from elsewhere. What it shows it puts into the page as text, never as markup.
struct StatusPage {
    func write(to page: inout ByteBuffer) {
        page.append(Self.head)
        page.append("<p id=\"version\">Portcullis \(Release.version)</p>\n")
        page.append(Self.body)
        page.append(Self.script)
        page.append("</body></html>\n")
    }

    private static let head = """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>Portcullis</title>
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
        script-src 'unsafe-inline'; connect-src 'self'">
        <meta name="viewport" content="width=device-width">
        <style>
        body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
        table { border-collapse: collapse; width: 100%; }
        th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
        td.number { font-variant-numeric: tabular-nums; }
        .bad { color: #c22; font-weight: 600; } .good { color: #282; }
        @media (prefers-color-scheme: dark) { body { background: #111; color: #ddd; } .bad { color: #f77; } .good { color: #7c7; } }
        </style></head><body>
        <h1>Portcullis</h1>

        """

    private static let body = """
        <noscript><p>This page asks <code>/v1/status</code>, <code>/v1/hooks</code> and <code>/v1/decisions</code>, which
        can be read without scripts too.</p></noscript>
        <p id="state" role="status">asking&hellip;</p>
        <div id="several" hidden><h2>Workers</h2><table id="workers"></table></div>
        <h2>Rules</h2><table id="rules"></table><ul id="problems"></ul>
        <h2>Hooks, last five minutes</h2><table id="hooks"></table>
        <h2>Denied of late</h2><table id="denied"></table>
        <p><a href="/metrics">metrics</a> <a href="/readyz?verbose">readiness</a> <a href="/v1/status">status</a>
        <a href="/v1/hooks">hooks</a> <a href="/v1/decisions">decisions</a></p>

        """

    private static let script = """
        <script>
        const at = id => document.getElementById(id);
        const percent = (share, digits) => share === undefined ? "" : +(share * 100).toFixed(digits) + " %";
        const seconds = s => s === undefined ? "" : s < 0.001 ? (s * 1e6).toFixed(1) + " \\u00b5s" : (s * 1e3).toFixed(2) + " ms";
        function fill(table, names, rows) {
          const head = document.createElement("tr");
          for (const name of names) { const cell = document.createElement("th"); cell.textContent = name; head.append(cell); }
          table.replaceChildren(head, ...rows.map(row => {
            const line = document.createElement("tr");
            for (const value of row) {
              const cell = document.createElement("td");
              const [text, style] = Array.isArray(value) ? value : [value, ""];
              cell.textContent = text ?? ""; if (style) cell.className = style;
              line.append(cell);
            }
            return line;
          }));
        }
        async function get(path) {
          const answer = await fetch(path, { cache: "no-store" });
          if (!answer.ok) throw new Error(path + ": " + answer.status);
          return answer.json();
        }
        async function show() {
          try {
            const [status, hooks, denied] = await Promise.all(
              [get("/v1/status"), get("/v1/hooks"), get("/v1/decisions?outcome=denied&limit=20")]);
            at("state").textContent = (status.ready ? "ready" : "not ready") + ", since " + status.started
              + (status.certificateExpires ? ", certificate until " + status.certificateExpires : "");
            at("state").className = status.ready ? "good" : "bad";
            at("several").hidden = !status.workers;
            fill(at("workers"), ["worker", "", "process", "since", "restarts", "revision"], (status.workers || []).map(one =>
              [one.worker, one.ready ? ["ready", "good"] : ["not ready", "bad"], one.process, one.started, one.restarts,
                one.revision]));
            fill(at("rules"), ["revision", "documents", "invalid"], [[status.rules.revision || "none",
              Object.entries(status.rules.documents).map(([kind, count]) => kind + " " + count).join(", "),
              [status.rules.invalid, status.rules.invalid ? "bad" : ""]]]);
            at("problems").replaceChildren(...status.rules.problems.map(text => {
              const item = document.createElement("li"); item.textContent = text; return item; }));
            fill(at("hooks"), ["hook", "phase", "mode", "breaker", "calls", "failures", "timeouts", "p50", "p99",
              "criticality", "objective", "error budget left since the start"],
              hooks.hooks.map(hook => { const of = hook.lastFiveMinutes || {}, all = hook.sinceStart || {}; return [hook.name, hook.phase,
                [hook.mode, hook.mode !== hook.modeOfTheRules ? "bad" : ""],
                [hook.breaker, hook.breaker === "open" ? "bad" : ""], [of.calls, "number"],
                [of.failures, of.failures ? "bad" : "number"], [of.timeouts, of.timeouts ? "bad" : "number"],
                [seconds(of.p50), "number"], [seconds(of.p99), "number"], hook.criticality, [percent(hook.objective, 3), "number"],
                all.errorBudgetLeft < 0 ? ["spent, " + (1 - all.errorBudgetLeft).toFixed(1) + " times", "bad"]
                  : [percent(all.errorBudgetLeft, 1), "number"]]; }));
            fill(at("denied"), ["time", "operation", "resource", "namespace", "name", "user", "message"],
              denied.decisions.map(one => [one.time, one.operation, one.resource, one.namespace, one.name, one.user,
                one.message]));
          } catch (error) { at("state").textContent = "no answer: " + error.message; at("state").className = "bad"; }
        }
        show(); setInterval(show, 5000);
        </script>

        """
}

{{- define "portcullis.fullname" -}}
{{- if contains "portcullis" .Release.Name }}{{ .Release.Name | trunc 52 | trimSuffix "-" }}{{ else }}{{ printf "%s-portcullis" .Release.Name | trunc 52 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "portcullis.selector" -}}
app.kubernetes.io/name: portcullis
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: server
{{- end }}

{{- define "portcullis.labels" -}}
app.kubernetes.io/name: portcullis
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: portcullis
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "portcullis.image" -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}{{ else }}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "portcullis.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "portcullis.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "portcullis.rulesName" -}}
{{ .Values.rules.existingConfigMap | default (printf "%s-rules" (include "portcullis.fullname" .)) }}
{{- end }}

{{- /* The rules' files, as `data` of a ConfigMap. */ -}}
{{- define "portcullis.ruleFiles" -}}
{{- $root := . }}
{{- range .Values.rules.examples }}
{{ . }}: |
{{ $root.Files.Get (printf "rules/%s" .) | required (printf "rules.examples: there is no file %s in the chart's folder rules" .) | indent 2 }}
{{- end }}
{{- range $name, $text := .Values.rules.files }}
{{ $name }}: |
{{ $text | indent 2 }}
{{- end }}
{{- end }}

{{- /* The server's document. */ -}}
{{- define "portcullis.server" -}}
{{- $spec := dict
  "listen" "0.0.0.0:8443"
  "adminListen" "0.0.0.0:9090"
  "rules" (list "/etc/portcullis/rules")
  "tls" (dict "certificate" "/etc/portcullis/tls/tls.crt" "key" "/etc/portcullis/tls/tls.key")
  "admin" (dict "tokenFile" "/etc/portcullis/admin/token")
  "state" "/var/lib/portcullis"
}}
{{- if .Values.recording.enabled }}
{{- $_ := set $spec "record" (dict "directory" "/var/lib/portcullis/recording" "percent" .Values.recording.percent "bytes" .Values.recording.bytes) }}
{{- end -}}
{{- toYaml (dict "apiVersion" "portcullis.dev/v1" "kind" "Server" "spec" (mergeOverwrite $spec (deepCopy .Values.config))) }}
{{- end }}

{{- define "portcullis.url" -}}
https://{{ include "portcullis.fullname" . }}.{{ .Release.Namespace }}.svc:{{ int .Values.service.port }}
{{- end }}

{{- define "portcullis.tlsSecret" -}}
{{ .Release.Namespace }}/{{ .Values.certificates.secret }}
{{- end }}

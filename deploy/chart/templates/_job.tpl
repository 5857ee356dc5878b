{{- /*
One job of the release's life. Given a dict:
  root      the chart
  name      what it does; part of its name
  hooks     when, as helm.sh/hook has it; empty: it is an object like any other
  weight    its turn among those of the same moment
  first     commands before, each a list of words with a name
  words     the command
  reads     which rules it reads: those that are `installed`, or the `candidate` that is about to be; none unless given
  cases     whether it reads the cases
  account   whose rights it has; lifecycle unless given
*/ -}}
{{- define "portcullis.job" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "portcullis.fullname" .root }}-{{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "portcullis.labels" .root | nindent 4 }}
    app.kubernetes.io/component: lifecycle
  annotations:
    helm.sh/hook: {{ .hooks }}
    helm.sh/hook-weight: {{ .weight | quote }}
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  {{- include "portcullis.jobSpec" . | nindent 2 }}
{{- end }}

{{- define "portcullis.jobSpec" -}}
backoffLimit: {{ int .root.Values.lifecycle.backoffLimit }}
activeDeadlineSeconds: {{ int .root.Values.lifecycle.deadlineSeconds }}
ttlSecondsAfterFinished: 86400
template:
  metadata:
    labels:
      {{- include "portcullis.labels" .root | nindent 6 }}
      app.kubernetes.io/component: lifecycle
  spec:
    serviceAccountName: {{ include "portcullis.fullname" .root }}-{{ .account | default "lifecycle" }}
    automountServiceAccountToken: true
    restartPolicy: Never
    {{- with .root.Values.image.pullSecrets }}
    imagePullSecrets:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .root.Values.priorityClassName }}
    priorityClassName: {{ . }}
    {{- end }}
    {{- with .root.Values.nodeSelector }}
    nodeSelector:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .root.Values.tolerations }}
    tolerations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    securityContext:
      {{- include "portcullis.podSecurity" .root | nindent 6 }}
    {{- with .first }}
    initContainers:
    {{- range . }}
    - name: {{ .name }}
      {{- include "portcullis.jobContainer" (dict "root" $.root "words" .words "reads" $.reads) | nindent 6 }}
    {{- end }}
    {{- end }}
    containers:
    - name: {{ .name }}
      {{- include "portcullis.jobContainer" . | nindent 6 }}
    volumes:
    - name: scratch
      emptyDir: {sizeLimit: 256Mi}
    {{- if .cases }}
    - name: cases
      configMap: {name: {{ include "portcullis.fullname" .root }}-cases}
    {{- end }}
    {{- with .reads }}
    - name: server
      configMap: {name: {{ include "portcullis.fullname" $.root }}-{{ ternary "candidate" "config" (eq . "candidate") }}}
    - name: rules
      configMap: {name: {{ if and (eq . "candidate") (not $.root.Values.rules.existingConfigMap) }}{{ include "portcullis.fullname" $.root }}-candidate-rules{{ else }}{{ include "portcullis.rulesName" $.root }}{{ end }}}
    {{- end }}
{{- end }}

{{- define "portcullis.jobContainer" -}}
image: {{ include "portcullis.image" .root | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args:
{{- range .words }}
- {{ . | quote }}
{{- end }}
resources:
  {{- toYaml .root.Values.lifecycle.resources | nindent 2 }}
securityContext:
  {{- include "portcullis.containerSecurity" .root | nindent 2 }}
volumeMounts:
- {name: scratch, mountPath: /tmp}
{{- if .cases }}
- {name: cases, mountPath: /etc/portcullis/cases, readOnly: true}
{{- end }}
{{- if .reads }}
- {name: server, mountPath: /etc/portcullis/server, readOnly: true}
- {name: rules, mountPath: /etc/portcullis/rules, readOnly: true}
{{- end }}
{{- end }}

{{- define "portcullis.ensureWords" -}}
{{- $words := list "certs" "ensure"
  "--secret" (include "portcullis.tlsSecret" .)
  "--service" (printf "%s/%s" .Release.Namespace (include "portcullis.fullname" .))
  "--token-secret" (printf "%s/%s" .Release.Namespace .Values.admin.secret)
  "--days" (int .Values.certificates.days | toString)
  "--renew-before" (int .Values.certificates.renewBefore | toString)
  "--overlap" .Values.certificates.overlap }}
{{- /* The next authority signs once whoever asks trusts it. */ -}}
{{- if .Values.registration.enabled }}{{ $words = concat $words (list "--registration" .Values.registration.name) }}{{ end -}}
{{- toJson $words }}
{{- end }}

{{- define "portcullis.registerWords" -}}
{{- $words := list "register" "--apply" "--name" .Values.registration.name
  "--rules" "/etc/portcullis/rules"
  "--service" (printf "%s/%s:%d" .Release.Namespace (include "portcullis.fullname" .) (int .Values.service.port))
  "--ca-secret" (include "portcullis.tlsSecret" .) }}
{{- toJson (concat $words (include "portcullis.exclusions" . | fromJsonArray)) }}
{{- end }}

{{- define "portcullis.exclusions" -}}
{{- $words := list }}
{{- range .Values.registration.excludeNamespaces }}
{{- $words = concat $words (list "--exclude-namespace" .) }}
{{- end -}}
{{- toJson $words }}
{{- end }}

{{- /* `phase`: `ready` waits for the server alone; `registered` also looks at what the API server knows, and asks the cases. */ -}}
{{- define "portcullis.verifyWords" -}}
{{- $words := list "verify" "--wait" "2m"
  "--service" (printf "%s/%s:%d" .Release.Namespace (include "portcullis.fullname" .) (int .Values.service.port))
  "--ca-secret" (include "portcullis.tlsSecret" .)
  "--rules" "/etc/portcullis/rules" }}
{{- $words = concat $words (include "portcullis.exclusions" . | fromJsonArray) }}
{{- if eq .phase "registered" }}
{{- if .Values.registration.enabled }}{{ $words = concat $words (list "--registration" .Values.registration.name) }}{{ end }}
{{- if include "portcullis.caseFiles" . | trim }}{{ $words = concat $words (list "--cases" "/etc/portcullis/cases") }}{{ end }}
{{- end -}}
{{- toJson $words }}
{{- end }}

{{- /* Objects with the verdict that the rules must give, as `data` of a ConfigMap: those of the examples, and one's own. */ -}}
{{- define "portcullis.caseFiles" -}}
{{- $root := . }}
{{- if not .Values.rules.existingConfigMap }}
{{- range $name := .Values.rules.examples }}
{{- with $root.Files.Get (printf "cases/%s" $name) }}
example-{{ $name }}: |
{{ . | indent 2 }}
{{- end }}
{{- end }}
{{- end }}
{{- range $name, $text := .Values.lifecycle.cases }}
{{ $name }}: |
{{ $text | indent 2 }}
{{- end }}
{{- end }}

{{- define "portcullis.accessHook" -}}
helm.sh/hook: pre-install,post-install,pre-upgrade,post-upgrade,pre-rollback,post-rollback,pre-delete,post-delete,test
helm.sh/hook-weight: "-20"
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}

{{- define "test-service.name" -}}
{{- $name := .Release.Name -}}
{{- if not (contains .Chart.Name $name) }}{{ $name = printf "%s-%s" $name .Chart.Name }}{{ end -}}
{{- $name | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "test-service.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "test-service.labels" -}}
{{ include "test-service.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* The settings of every role: those of the values, over what the chart needs. JSON, for fromJson. */}}
{{- define "test-service.settings" -}}
{{- $name := include "test-service.name" . -}}
{{- $inside := list $name (printf "%s.%s" $name .Release.Namespace) (printf "%s.%s.svc" $name .Release.Namespace) (printf "%s.%s.svc.cluster.local" $name .Release.Namespace) -}}
{{- $config := deepCopy .Values.config -}}
{{- $hosts := concat $inside (dig "server" "allowedHosts" (list) $config) | uniq -}}
{{- $needed := dict
  "server" (dict "host" "0.0.0.0" "port" 8001)
  "ops" (dict "host" "0.0.0.0" "port" 9464)
  "postgresql" (dict "migrations" (ternary "check" "auto" .Values.migrations.job))
  "log" (dict "format" "json")
  "shutdownTimeoutMs" 8000 -}}
{{- $set := dict "engines" "off" "server" (dict "allowedHosts" $hosts) -}}
{{- mustMergeOverwrite $needed $config $set | toJson -}}
{{- end }}

{{/* Whether the setting takes the path of a file. */}}
{{- define "test-service.takesFile" -}}
{{- if regexMatch "(File|\\.tls\\.(ca|certificate|key))$" . }}yes{{ end -}}
{{- end }}

{{/* A setting's environment variable. */}}
{{- define "test-service.variable" -}}
TEST_SERVICE_{{ regexReplaceAll "([a-z0-9])([A-Z])" . "${1}_${2}" | replace "." "_" | upper }}
{{- end }}

{{/* "https" where the REST API has a certificate of its own. */}}
{{- define "test-service.scheme" -}}
{{- $tls := dig "server" "tls" "certificate" "" .Values.config -}}
{{- ternary "https" "http" (or (ne $tls "") (hasKey .Values.secrets "server.tls.certificate")) -}}
{{- end }}

{{/*
The spec of a pod that runs a command of the service. Takes a dict: root, role, args, config (name of the ConfigMap), resources,
spec (further fields of the pod) and container (further fields of the container, as YAML).
*/}}
{{- define "test-service.pod" -}}
{{- $root := .root -}}
{{/* Nobody gets secrets that are of no use to it. */}}
{{- $useless := dict
  "migrations" "^(server|ops|kafka|redis|producer|consumer|retention|cache|tracing)\\."
  "consume" "^server\\.tls\\."
  "produce" "^(server\\.tls|postgresql|redis)\\." -}}
{{- $secrets := dict -}}
{{- range $setting, $from := $root.Values.secrets -}}
{{- if not (regexMatch (index $useless $.role | default "^$") $setting) }}{{ $_ := set $secrets $setting $from }}{{ end -}}
{{- end -}}
{{- $defaults := dict
  "automountServiceAccountToken" false
  "securityContext" (dict "runAsNonRoot" true "runAsUser" 10001 "runAsGroup" 10001 "fsGroup" 10001 "seccompProfile" (dict "type" "RuntimeDefault")) -}}
{{- mustMergeOverwrite $defaults (.spec | default dict) (deepCopy ($root.Values.podSpec | default dict)) | toYaml }}
# The service's own settings look like the variables that Kubernetes makes for a Service named test-service.
enableServiceLinks: false
containers:
  - name: {{ .role }}
    image: {{ printf "%s:%s" $root.Values.image.repository ($root.Values.image.tag | default $root.Chart.AppVersion) }}
    imagePullPolicy: {{ $root.Values.image.pullPolicy }}
    args: {{ toJson .args }}
    env:
      {{- range $setting, $from := $secrets }}
      - name: {{ include "test-service.variable" $setting }}
        {{- if include "test-service.takesFile" $setting }}
        value: /etc/test-service/secrets/{{ $setting }}
        {{- else if $from.secret }}
        valueFrom:
          secretKeyRef: { name: {{ $from.secret }}, key: {{ $from.key }} }
        {{- else }}
        valueFrom:
          configMapKeyRef: { name: {{ $from.configMap }}, key: {{ $from.key }} }
        {{- end }}
      {{- end }}
      {{- if has .role (list "consume" "produce") }}
      {{- /* They have no key for the certificate that the settings of all have. */}}
      {{- range $key := dig "server" "tls" dict $root.Values.config | keys }}
      - { name: {{ include "test-service.variable" (printf "server.tls.%s" $key) }}, value: "" }
      {{- end }}
      {{- end }}
      {{- with $root.Values.extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    resources:
      {{- toYaml .resources | nindent 6 }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop: [ALL]
    volumeMounts:
      - { name: config, mountPath: /etc/test-service/config, readOnly: true }
      - { name: secrets, mountPath: /etc/test-service/secrets, readOnly: true }
      - { name: tmp, mountPath: /tmp }
      {{- with $root.Values.extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- with .container }}
    {{- . | nindent 4 }}
    {{- end }}
volumes:
  - name: config
    configMap:
      name: {{ .config }}
  - name: secrets
    projected:
      defaultMode: 0440
      sources:
        {{- range $setting, $from := $secrets }}
        {{- if include "test-service.takesFile" $setting }}
        {{- $kind := ternary "secret" "configMap" (hasKey $from "secret") }}
        - {{ $kind }}:
            name: {{ index $from $kind }}
            items:
              - { key: {{ $from.key }}, path: {{ $setting }} }
        {{- end }}
        {{- else }}
        []
        {{- end }}
  - name: tmp
    emptyDir:
      sizeLimit: 64Mi
  {{- with $root.Values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Port, probes and the pause before a stop. Takes a dict: port, scheme ("http" or "https"), serves (whether requests come). */}}
{{- define "test-service.probes" -}}
ports:
  - { name: http, containerPort: {{ .port }} }
# A start waits for engines and migrations.
startupProbe:
  httpGet: &healthz { path: /healthz, port: http, scheme: {{ upper .scheme }} }
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 90
livenessProbe:
  httpGet: *healthz
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /readyz, port: http, scheme: {{ upper .scheme }} }
  periodSeconds: 5
  timeoutSeconds: 5
{{- if .serves }}
# Requests still come while the Service learns that this pod goes.
lifecycle:
  preStop:
    sleep:
      seconds: 5
{{- end }}
{{- end }}

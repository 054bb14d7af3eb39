{{- define "scorer.name" -}}
{{- $name := ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) (contains .Chart.Name .Release.Name) -}}
{{- $name | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "scorer.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "scorer.metadata" -}}
namespace: {{ .Release.Namespace | quote }}
labels:
  {{- include "scorer.selector" . | nindent 2 }}
  app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
  app.kubernetes.io/managed-by: {{ .Release.Service }}
  helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "scorer.criteriaConfigMap" -}}
{{- if .Values.criteriaConfigMap }}{{ .Values.criteriaConfigMap }}
{{- else if .Values.criteria }}{{ include "scorer.name" . }}-criteria
{{- end }}
{{- end }}

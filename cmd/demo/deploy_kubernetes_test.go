package main

import (
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// A probe of Kubernetes'.
type probe struct {
	HTTPGet struct {
		Path string `yaml:"path"`
		Port string `yaml:"port"`
	} `yaml:"httpGet"`
	PeriodSeconds    int `yaml:"periodSeconds"`
	FailureThreshold int `yaml:"failureThreshold"`
}

// A container of a pod.
type container struct {
	Image string   `yaml:"image"`
	Args  []string `yaml:"args"`
	Env   []struct {
		Name      string `yaml:"name"`
		Value     string `yaml:"value"`
		ValueFrom struct {
			SecretKeyRef struct {
				Name string `yaml:"name"`
				Key  string `yaml:"key"`
			} `yaml:"secretKeyRef"`
		} `yaml:"valueFrom"`
	} `yaml:"env"`
	Ports []struct {
		Name          string `yaml:"name"`
		ContainerPort int    `yaml:"containerPort"`
	} `yaml:"ports"`
	Lifecycle struct {
		PreStop struct {
			Sleep struct {
				Seconds int `yaml:"seconds"`
			} `yaml:"sleep"`
		} `yaml:"preStop"`
	} `yaml:"lifecycle"`
	StartupProbe   probe `yaml:"startupProbe"`
	LivenessProbe  probe `yaml:"livenessProbe"`
	ReadinessProbe probe `yaml:"readinessProbe"`
}

// An object of a Kubernetes manifest, as far as this test asks.
type object struct {
	Kind     string `yaml:"kind"`
	Metadata struct {
		Name string `yaml:"name"`
	} `yaml:"metadata"`
	StringData map[string]string `yaml:"stringData"`
	Spec       struct {
		Replicas     int       `yaml:"replicas"`
		MinAvailable int       `yaml:"minAvailable"`
		Selector     yaml.Node `yaml:"selector"`
		Ports        []struct {
			TargetPort string `yaml:"targetPort"`
		} `yaml:"ports"`
		Strategy struct {
			RollingUpdate struct {
				MaxUnavailable int `yaml:"maxUnavailable"`
			} `yaml:"rollingUpdate"`
		} `yaml:"strategy"`
		Template struct {
			Metadata struct {
				Labels map[string]string `yaml:"labels"`
			} `yaml:"metadata"`
			Spec struct {
				TerminationGracePeriodSeconds int         `yaml:"terminationGracePeriodSeconds"`
				Containers                    []container `yaml:"containers"`
			} `yaml:"spec"`
		} `yaml:"template"`
	} `yaml:"spec"`
}

// labels returns the labels by which o selects pods.
func (o object) labels(t *testing.T) map[string]string {
	t.Helper()
	var selector struct {
		MatchLabels map[string]string `yaml:"matchLabels"`
	}
	var plain map[string]string // a Service's
	if o.Kind == "Service" {
		if err := o.Spec.Selector.Decode(&plain); err != nil {
			t.Error(err)
		}
		return plain
	}
	if err := o.Spec.Selector.Decode(&selector); err != nil {
		t.Error(err)
	}
	return selector.MatchLabels
}

// readManifest returns the objects of a Kubernetes manifest by their kind.
func readManifest(t *testing.T) map[string]object {
	t.Helper()
	file, err := os.Open("deploy/kubernetes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	objects := map[string]object{}
	for decoder := yaml.NewDecoder(file); ; {
		var o object
		err := decoder.Decode(&o)
		if err == io.EOF {
			return objects
		}
		if err != nil {
			t.Fatal(err)
		}
		objects[o.Kind] = o
	}
}

func (c container) env(name string) string {
	for _, e := range c.Env {
		if e.Name == name {
			return e.Value
		}
	}
	return ""
}

func (o object) numbers(t *testing.T) numbers {
	t.Helper()
	pod := o.Spec.Template.Spec
	if len(pod.Containers) != 1 {
		t.Fatalf("the pod has %d containers, want 1", len(pod.Containers))
	}
	c := pod.Containers[0]
	return numbers{
		limit:  time.Duration(pod.TerminationGracePeriodSeconds) * time.Second,
		before: time.Duration(c.Lifecycle.PreStop.Sleep.Seconds) * time.Second,
		grace:  duration(t, c.env("SHUTDOWN_GRACE")),
		drain:  duration(t, c.env("SHUTDOWN_DRAIN")),
	}
}

func TestKubernetes_addsUp(t *testing.T) {
	d := readManifest(t)["Deployment"]
	n := d.numbers(t)
	n.check(t)
	if n.drain < 5*time.Second {
		t.Errorf("the drain is %v, want at least 5s: the removal of an endpoint takes that long", n.drain)
	}
	if d.Spec.Replicas != 2 || d.Spec.Strategy.RollingUpdate.MaxUnavailable != 0 {
		t.Errorf("%d replicas of which %d may be unavailable, want 2 and 0", d.Spec.Replicas, d.Spec.Strategy.RollingUpdate.MaxUnavailable)
	}
}

func TestKubernetes_startsTheDemo(t *testing.T) {
	objects := readManifest(t)
	c := objects["Deployment"].Spec.Template.Spec.Containers[0]
	url := ""
	for _, e := range c.Env {
		if ref := e.ValueFrom.SecretKeyRef; e.Name == "DATABASE_URL" && ref.Name == objects["Secret"].Metadata.Name {
			url = objects["Secret"].StringData[ref.Key]
		}
	}
	var args []string
	for _, arg := range c.Args {
		args = append(args, strings.ReplaceAll(arg, "$(DATABASE_URL)", url))
	}
	s := checkArgs(t, args)
	if !strings.HasPrefix(s.db, "postgres://") {
		t.Errorf("-db %q, want a PostgreSQL database: the replicas share it", s.db)
	}
	if len(c.Ports) != 1 || s.addr != ":"+strconv.Itoa(c.Ports[0].ContainerPort) {
		t.Errorf("the demo listens on %q, the container's ports are %v", s.addr, c.Ports)
	}
	if ports := objects["Service"].Spec.Ports; len(ports) != 1 || ports[0].TargetPort != c.Ports[0].Name {
		t.Errorf("the service sends to %v, want %q", ports, c.Ports[0].Name)
	}
}

func TestKubernetes_selectsItsPods(t *testing.T) {
	objects := readManifest(t)
	pod := objects["Deployment"].Spec.Template.Metadata.Labels
	for _, kind := range []string{"Service", "Deployment", "PodDisruptionBudget"} {
		selected := objects[kind].labels(t)
		for name, value := range selected {
			if pod[name] != value {
				t.Errorf("the %s selects %s=%s, the pods have %q", kind, name, value, pod[name])
			}
		}
		if len(selected) == 0 {
			t.Errorf("the %s selects nothing", kind)
		}
	}
}

func TestKubernetes_probesWhatThereIs(t *testing.T) {
	c := readManifest(t)["Deployment"].Spec.Template.Spec.Containers[0]
	for name, p := range map[string]probe{"startup": c.StartupProbe, "liveness": c.LivenessProbe, "readiness": c.ReadinessProbe} {
		t.Run(name, func(t *testing.T) {
			checkProbe(t, p.HTTPGet.Path)
			if p.HTTPGet.Port != c.Ports[0].Name {
				t.Errorf("it asks port %q, want %q", p.HTTPGet.Port, c.Ports[0].Name)
			}
			if p.HTTPGet.Path != "/livez" {
				t.Errorf("it asks %s, want /livez: no probe of Kubernetes' may fail because of a stop", p.HTTPGet.Path)
			}
		})
	}
}

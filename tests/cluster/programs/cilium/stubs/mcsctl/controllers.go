// Package controllers stands in for a module that Go's module proxy does not serve.
package controllers

// DerivedServiceAnnotation is the one name Cilium takes from the real package.
const DerivedServiceAnnotation = "multicluster.kubernetes.io/derived-service"

package interop

import (
	"context"
	"errors"
	"strings"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// namespace returns the instance for a namespace, by its path with backslashes.
func namespace(server, name string) row {
	return row{
		"SystemCreationClassName":        cim.StringValue(systemClass),
		"SystemName":                     cim.StringValue(server),
		"ObjectManagerCreationClassName": cim.StringValue(managerClass),
		"ObjectManagerName":              cim.StringValue(managerName),
		"CreationClassName":              cim.StringValue("CIM_Namespace"),
		"Name":                           cim.StringValue(strings.ReplaceAll(name, `\`, "/")),
		"ClassInfo":                      cim.Uint16Value(0), // Unknown
	}
}

// namespaces returns the paths of the namespaces below root, and root, each before
// those below it. Those of texts are parts of the ones with the classes. Where the
// caller may not enter, he does not learn what is below.
func namespaces(ctx context.Context, r *provider.Request) ([]string, error) {
	var all []string
	var walk func(path string) error
	walk = func(path string) error {
		all = append(all, path)
		svc, err := r.Connect(ctx, path)
		if errors.Is(err, wbem.AccessDenied) || errors.Is(err, wbem.InvalidNamespace) {
			return nil // it may have been deleted meanwhile
		}
		if err != nil {
			return err
		}
		defer svc.Close()
		for inst, err := range svc.Instances(ctx, "__NAMESPACE", wbem.Options{}) {
			if errors.Is(err, wbem.AccessDenied) {
				return nil
			}
			if err != nil {
				return err
			}
			name, _ := inst.Get("Name")
			if below := path + `\` + name.Text(); !cim.IsLocaleNamespace(below) {
				if err := walk(below); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return all, walk("root")
}

// nameOf returns the path of the namespace that an instance stands for.
func nameOf(inst *cim.Instance) (string, error) {
	v, _ := inst.Get("Name")
	_, path, err := cim.ParseNamespace(strings.Trim(v.Text(), `/\`))
	first, _, _ := strings.Cut(path, `\`)
	if err != nil || !cim.EqualNames(first, "root") {
		return "", cim.Errorf(wbem.InvalidParameter, "Name is %.100q: namespaces begin with root", v.Text())
	}
	return path, nil
}

// putNamespace creates a namespace and those above it that do not exist.
func putNamespace(ctx context.Context, r *provider.Request, inst *cim.Instance) (cim.Path, error) {
	path, err := nameOf(inst)
	if err != nil {
		return cim.Path{}, err
	}
	svc, err := r.Connect(ctx, path)
	if err == nil {
		err = svc.Close()
	}
	if errors.Is(err, wbem.InvalidNamespace) {
		err = cim.Errorf(wbem.NotFound, "there is no namespace %s", path)
	}
	if err := checkFlags(r.Flags, err); err != nil {
		return cim.Path{}, err
	}
	if err != nil {
		if err := createNamespace(ctx, r, path); err != nil {
			return cim.Path{}, err
		}
	}
	// What keys the client has given does not matter: they say where it is, and
	// that is here.
	made, err := namespace(r.Services.Server(), path).instance(r.Class)
	if err != nil {
		return cim.Path{}, err
	}
	at, _ := cim.RelPath(made)
	return at, nil
}

func createNamespace(ctx context.Context, r *provider.Request, path string) error {
	elements := strings.Split(path, `\`)
	for i := 1; i < len(elements); i++ {
		svc, err := r.Connect(ctx, strings.Join(elements[:i], `\`))
		if err != nil {
			return err
		}
		err = createBelow(ctx, svc, elements[i])
		if err == nil || i < len(elements)-1 && errors.Is(err, wbem.AlreadyExists) {
			err = svc.Close()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func createBelow(ctx context.Context, svc wbem.Services, name string) error {
	c, err := svc.GetClass(ctx, "__Namespace", wbem.Options{})
	if err != nil {
		return err
	}
	inst := cim.NewInstance(c)
	if err := inst.Set("Name", cim.StringValue(name)); err != nil {
		return err
	}
	_, err = svc.PutInstance(ctx, inst, wbem.Options{Flags: wbem.CreateOnly})
	return err
}

// deleteNamespace deletes a namespace in which nobody has put anything.
func deleteNamespace(ctx context.Context, r *provider.Request, key *cim.Instance) error {
	path, err := nameOf(key)
	if err != nil {
		return err
	}
	above, name, ok := cutLast(path)
	if !ok {
		return cim.Errorf(wbem.VetoDelete, "root cannot be deleted")
	}
	svc, err := r.Connect(ctx, path)
	if err != nil {
		return err
	}
	err = errors.Join(empty(ctx, svc), svc.Close())
	if err != nil {
		return err
	}
	if svc, err = r.Connect(ctx, above); err != nil {
		return err
	}
	defer svc.Close()
	at := cim.Path{Class: "__Namespace", Keys: []cim.Key{cim.NewKey("Name", cim.StringValue(name))}}
	return svc.DeleteInstance(ctx, at, wbem.Options{})
}

func cutLast(path string) (above, name string, ok bool) {
	i := strings.LastIndexByte(path, '\\')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}

// empty returns why a namespace is not empty.
func empty(ctx context.Context, svc wbem.Services) error {
	for c, err := range svc.Classes(ctx, "", wbem.Options{Flags: wbem.Shallow}) {
		if err != nil {
			return err
		}
		if !cim.IsSystemName(c.Name()) {
			return cim.Errorf(wbem.VetoDelete, "the namespace is not empty: it has class %s", c.Name())
		}
	}
	for inst, err := range svc.Instances(ctx, "__NAMESPACE", wbem.Options{}) {
		if err != nil {
			return err
		}
		name, _ := inst.Get("Name")
		return cim.Errorf(wbem.VetoDelete, "the namespace is not empty: it has namespace %s", name.Text())
	}
	return nil
}

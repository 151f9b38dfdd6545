package main

import (
	"context"
	"iter"
	"slices"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/show"
	"openwmi/wbem"
)

func (c *cli) classesCommand() *cobra.Command {
	var tree, system bool
	cmd := &cobra.Command{
		Use:   "classes [SUPERCLASS]",
		Short: "List classes",
		Long: `List the classes of the namespace, or those below a superclass at any depth, a
superclass before its subclasses.`,
		Example: examples(`
			wmi classes
			wmi classes --tree CIM_LogicalDevice
			wmi classes --system                      # with those of the system
			wmi classes -o mof > schema.mof`),
		Args:              atMost("SUPERCLASS"),
		ValidArgsFunction: c.completeClass,
		RunE: func(cmd *cobra.Command, args []string) error {
			if tree && c.form != "" && c.form != asTable {
				return usage(cmd, "--tree is for people, it has no form %s", c.form)
			}
			ctx := cmd.Context()
			var super string
			var svc wbem.Services
			var err error
			if len(args) > 0 {
				var path cim.Path
				path, svc, err = c.locateClass(ctx, "CreateClassEnum", args[0])
				super = path.Class
			} else {
				svc, err = c.services(ctx, "")
			}
			if err != nil {
				return err
			}
			// Whoever asks below a class of the system wants to see them.
			classes := visible(svc.Classes(ctx, super, wbem.Options{}), system || cim.IsSystemName(super))
			if tree {
				return c.printClassTree(super, classes)
			}
			return c.printClasses(classes)
		},
	}
	cmd.Flags().BoolVar(&tree, "tree", false, "draw the derivation")
	cmd.Flags().BoolVar(&system, "system", false, "with the classes of the system, whose names begin with __")
	return cmd
}

// visible leaves out the classes of the system unless they are asked for.
func visible(classes iter.Seq2[*cim.Class, error], system bool) iter.Seq2[*cim.Class, error] {
	return func(yield func(*cim.Class, error) bool) {
		for class, err := range classes {
			if err == nil && !system && cim.IsSystemName(class.Name()) {
				continue
			}
			if !yield(class, err) {
				return
			}
		}
	}
}

func (c *cli) printClasses(classes iter.Seq2[*cim.Class, error]) error {
	p, err := c.printer(c.listForm(), func() (show.Layout, error) { return show.Classes(), nil })
	if err != nil {
		return err
	}
	return show.All(p, classes)
}

// printClassTree draws classes below their superclasses. A class whose
// superclass is not among them stands at the left.
func (c *cli) printClassTree(super string, classes iter.Seq2[*cim.Class, error]) error {
	nodes := map[string]*node{}
	var roots []*node
	if super != "" {
		top := &node{label: super}
		nodes[cim.Fold(super)] = top
		roots = append(roots, top)
	}
	for class, err := range classes {
		if err != nil {
			return err
		}
		n := &node{label: class.Name(), note: show.KindOf(class)}
		nodes[cim.Fold(class.Name())] = n
		if above := nodes[cim.Fold(class.SuperName())]; above != nil {
			above.below = append(above.below, n)
		} else {
			roots = append(roots, n)
		}
	}
	return c.draw(roots)
}

// A node is a line of a tree.
type node struct {
	label string
	note  string // in brackets behind it, "" for none
	below []*node
}

// draw writes trees, the nodes of each level by name.
func (c *cli) draw(roots []*node) error {
	sortNodes(roots)
	for _, n := range roots {
		if err := c.drawNode(n, "", ""); err != nil {
			return err
		}
	}
	return nil
}

func sortNodes(nodes []*node) {
	slices.SortStableFunc(nodes, func(a, b *node) int { return cim.CompareNames(a.label, b.label) })
}

func (c *cli) drawNode(n *node, first, rest string) error {
	line := first + n.label
	if n.note != "" {
		line += " [" + n.note + "]"
	}
	if _, err := c.out.WriteString(line + "\n"); err != nil {
		return err
	}
	sortNodes(n.below)
	for i, b := range n.below {
		branch, trunk := "├── ", "│   "
		if i == len(n.below)-1 {
			branch, trunk = "└── ", "    "
		}
		if err := c.drawNode(b, rest+branch, rest+trunk); err != nil {
			return err
		}
	}
	return nil
}

// classNames returns the names of all classes of a namespace that are not the
// system's.
func classNames(ctx context.Context, svc wbem.Services) ([]string, error) {
	var names []string
	for class, err := range visible(svc.Classes(ctx, "", wbem.Options{}), false) {
		if err != nil {
			return nil, err
		}
		names = append(names, class.Name())
	}
	return names, nil
}

package scrrun

import (
	"errors"
	"io/fs"
	"os"

	"openwmi/script/automation"
	"openwmi/script/sandbox"
	"openwmi/script/vbscript"
)

// self is what the errors of the sandbox call the objects of this package.
const self = "Scripting.FileSystemObject"

// A fileSystem is a Scripting.FileSystemObject. All paths in it are as scripts write
// them. "FileSystemObject Object"
type fileSystem struct {
	r   *Runtime
	box *sandbox.Sandbox
}

var fileSystemClass = &automation.Class{
	Name: "FileSystemObject", Type: (*fileSystem)(nil),
	Members: []automation.Member{
		{Signature: "BuildPath(path, name)", Get: (*fileSystem).buildPath},
		{Signature: "CopyFile(source, destination, overwrite=true)", Get: (*fileSystem).copyFiles},
		{Signature: "CopyFolder(source, destination, overwrite=true)", Get: (*fileSystem).copyFolders},
		{Signature: "CreateFolder(path)", Get: (*fileSystem).createFolder},
		{Signature: "CreateTextFile(filename, overwrite=true, unicode=false)", Get: (*fileSystem).createTextFile},
		{Signature: "DeleteFile(filespec, force=false)", Get: (*fileSystem).deleteFiles},
		{Signature: "DeleteFolder(folderspec, force=false)", Get: (*fileSystem).deleteFolders},
		{Signature: "DriveExists(drivespec)", Get: (*fileSystem).driveExists},
		{Signature: "Drives", Get: (*fileSystem).drives},
		{Signature: "FileExists(filespec)", Get: (*fileSystem).fileExists},
		{Signature: "FolderExists(folderspec)", Get: (*fileSystem).folderExists},
		{Signature: "GetAbsolutePathName(path)", Get: (*fileSystem).absolutePathName},
		{Signature: "GetBaseName(path)", Get: (*fileSystem).baseName},
		{Signature: "GetDrive(drivespec)", Get: (*fileSystem).getDrive},
		{Signature: "GetDriveName(path)", Get: (*fileSystem).driveName},
		{Signature: "GetExtensionName(path)", Get: (*fileSystem).extensionName},
		{Signature: "GetFile(filespec)", Get: (*fileSystem).getFile},
		{Signature: "GetFileName(path)", Get: (*fileSystem).fileName},
		{Signature: "GetFileVersion(filespec)", Get: (*fileSystem).fileVersion},
		{Signature: "GetFolder(folderspec)", Get: (*fileSystem).getFolder},
		{Signature: "GetParentFolderName(path)", Get: (*fileSystem).parentFolderName},
		{Signature: "GetSpecialFolder(folder)", Get: (*fileSystem).specialFolder},
		{Signature: "GetStandardStream(type, unicode=false)", Get: (*fileSystem).standardStream},
		{Signature: "GetTempName()", Get: (*fileSystem).tempName},
		{Signature: "MoveFile(source, destination)", Get: (*fileSystem).moveFiles},
		{Signature: "MoveFolder(source, destination)", Get: (*fileSystem).moveFolders},
		{Signature: "OpenTextFile(filename, iomode=1, create=false, format=0)", Get: (*fileSystem).openTextFile},
	},
}

func (f *fileSystem) buildPath(path, name string) string           { return buildPath(path, name) }
func (f *fileSystem) baseName(path string) string                  { return baseName(path) }
func (f *fileSystem) driveName(path string) string                 { return driveName(path) }
func (f *fileSystem) extensionName(path string) string             { return extensionName(path) }
func (f *fileSystem) fileName(path string) string                  { return fileName(path) }
func (f *fileSystem) parentFolderName(path string) string          { return parentName(path) }
func (f *fileSystem) tempName() string                             { return tempName() }
func (f *fileSystem) absolutePathName(path string) (string, error) { return f.box.Abs(path) }

// info tells about a path that is read. What the path leads to is told about, not a link.
// It returns nil if nothing is there.
func (f *fileSystem) info(path string) (fs.FileInfo, error) {
	p, err := f.box.Readable(self, path)
	if err == nil {
		defer p.Close()
		var info fs.FileInfo
		if info, err = p.Info(); err == nil {
			return info, nil
		}
	}
	err = fail(err, path, errPathNotFound)
	if e, _ := errors.AsType[*vbscript.Error](err); e.Number == errPathNotFound || e.Number == errBadName {
		return nil, nil
	}
	return nil, err
}

// fileExists tells whether there is a file. That it may not be known is an error and not
// False, which scripts would take for an answer. "FileExists Method"
func (f *fileSystem) fileExists(path string) (bool, error) {
	if path == "" {
		return false, nil
	}
	info, err := f.info(path)
	return info != nil && !info.IsDir(), err
}

func (f *fileSystem) folderExists(path string) (bool, error) {
	if path == "" {
		return false, nil
	}
	info, err := f.info(path)
	return info != nil && info.IsDir(), err
}

func (f *fileSystem) getFile(path string) (*file, error) {
	ok, err := f.fileExists(path)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, vbscript.NewError(errFileNotFound, path)
	}
	abs, err := f.box.Abs(path)
	return &file{item{f, abs}}, err
}

func (f *fileSystem) getFolder(path string) (*folder, error) {
	ok, err := f.folderExists(path)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, vbscript.NewError(errPathNotFound, path)
	}
	abs, err := f.box.Abs(path)
	return &folder{item{f, abs}}, err
}

// specialFolder returns a folder that may be missing, and that may not be used without
// permission: 0 is that of Windows, 1 its folder System32, and 2 the one for temporary
// files. "GetSpecialFolder Method"
func (f *fileSystem) specialFolder(which int) (*folder, error) {
	switch which {
	case 0:
		return &folder{item{f, f.box.System()}}, nil
	case 1:
		return &folder{item{f, buildPath(f.box.System(), "System32")}}, nil
	case 2:
		return &folder{item{f, f.box.Temp()}}, nil
	}
	return nil, vbscript.NewError(errArgument, "")
}

// standardStream returns a stream of the script's process; that the host asked for
// Unicode changes nothing. "GetStandardStream Method"
func (f *fileSystem) standardStream(which int, _ bool) (*TextStream, error) {
	if which < 0 || which > 2 {
		return nil, vbscript.NewError(errArgument, "")
	}
	o := f.r.opts
	t := []*TextStream{o.Stdin, o.Stdout, o.Stderr}[which]
	if t == nil {
		return nil, vbscript.NewError(errBadName, "")
	}
	return t, nil
}

// createFolder makes a folder in one that exists. "CreateFolder Method"
func (f *fileSystem) createFolder(path string) (*folder, error) {
	abs, err := f.creatable(path)
	if err != nil {
		return nil, err
	}
	p, err := f.box.Writable(self, abs)
	if err != nil {
		return nil, fail(err, path, errPathNotFound)
	}
	defer p.Close()
	if _, err := p.Info(); err == nil {
		return nil, vbscript.NewError(errFileExists, path)
	}
	if err := p.Mkdir(0o777); err != nil {
		return nil, fail(err, path, errPathNotFound)
	}
	return &folder{item{f, abs}}, nil
}

// creatable returns the absolute form of a path under which something is made: error 52
// says that its name is empty or a pattern.
func (f *fileSystem) creatable(path string) (string, error) {
	if fileName(path) == "" || hasWildcard(path) {
		return "", vbscript.NewError(errBadName, path)
	}
	return f.box.Abs(path)
}

// fileVersion returns the version that a Windows program says it has, "" for other
// files. "GetFileVersion Method"
func (f *fileSystem) fileVersion(path string) (string, error) {
	p, err := f.box.Readable(self, path)
	if err != nil {
		return "", fail(err, path, errFileNotFound)
	}
	defer p.Close()
	r, err := p.Open(os.O_RDONLY, 0)
	if err != nil {
		return "", fail(err, path, errFileNotFound)
	}
	defer r.Close()
	return version(r), nil
}

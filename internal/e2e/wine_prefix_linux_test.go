package e2e_test

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// makePrefix makes a prefix, as wine calls its C:, that has nothing in it but
// what a program of Go's needs that wine has not. To let wine make a whole one
// takes seven seconds and 700 MB; marked as one that is not to be updated, and with
// WINEBOOTSTRAPMODE, by which wine finds its own libraries where they were
// installed, an empty one does, and takes a tenth of a second.
func makePrefix(t *testing.T, prefix string) {
	t.Helper()
	check(t, os.WriteFile(filepath.Join(prefix, ".update-timestamp"), []byte("disable\n"), 0o600))
	system := filepath.Join(prefix, "drive_c", "windows", "system32")
	check(t, os.MkdirAll(system, 0o700))
	// Go takes its random numbers from a library that wine has only since 9.0.
	library := forwardingLibrary("bcryptprimitives.dll", "ProcessPrng", "advapi32.SystemFunction036")
	check(t, os.WriteFile(filepath.Join(system, "bcryptprimitives.dll"), library, 0o600))
}

// Where the parts of a forwardingLibrary are: in the file and, from its section
// on, in memory.
const (
	peHeader    = 64 // behind the DOS header, which ends with this number
	sectionAt   = 0x200
	sectionSize = 0x200
	address     = 0x1000 // of the section in memory
	namesAt     = 0x80   // in the section, behind its tables
)

// forwardingLibrary returns a DLL whose one function is another one's, "library.name"
// (Microsoft's PE format, "Export Address Table": a forwarder).
func forwardingLibrary(name, function, to string) []byte {
	var file bytes.Buffer
	put := func(data any) {
		if err := binary.Write(&file, binary.LittleEndian, data); err != nil {
			panic(err) // of a type without a fixed size
		}
	}
	exports := exportSection(name, function, to)
	put(append([]byte("MZ"), make([]byte, 58)...))
	put(uint32(peHeader))
	put([]byte("PE\x00\x00"))
	header := optionalHeader()
	put(pe.FileHeader{
		Machine: pe.IMAGE_FILE_MACHINE_AMD64, NumberOfSections: 1, SizeOfOptionalHeader: uint16(binary.Size(header)),
		Characteristics: pe.IMAGE_FILE_EXECUTABLE_IMAGE | pe.IMAGE_FILE_LARGE_ADDRESS_AWARE | pe.IMAGE_FILE_DLL,
	})
	put(header)
	put(pe.SectionHeader32{
		Name: [8]uint8{'.', 'e', 'd', 'a', 't', 'a'}, VirtualSize: sectionSize, VirtualAddress: address,
		SizeOfRawData: sectionSize, PointerToRawData: sectionAt,
		Characteristics: pe.IMAGE_SCN_CNT_INITIALIZED_DATA | pe.IMAGE_SCN_MEM_READ,
	})
	put(make([]byte, sectionAt-file.Len()))
	put(exports)
	return file.Bytes()
}

func optionalHeader() pe.OptionalHeader64 {
	header := pe.OptionalHeader64{
		Magic: 0x20b, ImageBase: 0x180000000, SectionAlignment: 0x1000, FileAlignment: 0x200, // PE32+, a DLL's usual base, a page, a sector
		MajorOperatingSystemVersion: 6, MajorSubsystemVersion: 6, Subsystem: pe.IMAGE_SUBSYSTEM_WINDOWS_CUI,
		SizeOfInitializedData: sectionSize, SizeOfHeaders: sectionAt, SizeOfImage: address + 0x1000,
		DllCharacteristics:  pe.IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE | pe.IMAGE_DLLCHARACTERISTICS_NX_COMPAT,
		NumberOfRvaAndSizes: 16,
	}
	// A function whose address lies in here is a forwarder.
	header.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT] = pe.DataDirectory{VirtualAddress: address, Size: sectionSize}
	return header
}

// exportSection is the table of what the library exports: the directory, then
// three tables of one entry each, then the names.
func exportSection(name, function, to string) []byte {
	var names bytes.Buffer
	placed := func(s string) uint32 {
		at := address + namesAt + uint32(names.Len())
		names.WriteString(s + "\x00")
		return at
	}
	directory := struct {
		Flags, Time                            uint32
		Major, Minor                           uint16
		Name, Base, Functions, Names           uint32
		FunctionTable, NameTable, OrdinalTable uint32
		TheFunction, TheName                   uint32
		TheOrdinal                             uint16
	}{
		Name: placed(name), Base: 1, Functions: 1, Names: 1,
		FunctionTable: address + 40, NameTable: address + 44, OrdinalTable: address + 48, // right behind the 40 bytes of the directory
		TheFunction: placed(to), TheName: placed(function),
	}
	section := make([]byte, sectionSize)
	if _, err := binary.Encode(section, binary.LittleEndian, directory); err != nil {
		panic(err) // the section is too small
	}
	copy(section[namesAt:], names.Bytes())
	return section
}

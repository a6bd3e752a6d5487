# SPDX-License-Identifier: GPL-2.0-only
# The module for a kernel of nixpkgs, for boot.extraModulePackages:
#	config.boot.kernelPackages.callPackage ./packaging/nix { }
{ stdenv, lib, kernel }:

stdenv.mkDerivation {
  pname = "mmapdemo";
  version = "0.2.0";
  src = lib.fileset.toSource {
    root = ../..;
    fileset = lib.fileset.unions [ ../../Kbuild ../../dkms.conf ../../include ../../module ];
  };
  hardeningDisable = [ "pic" ];
  nativeBuildInputs = kernel.moduleBuildDependencies;

  buildPhase = ''
    make -C ${kernel.dev}/lib/modules/${kernel.modDirVersion}/build M=$PWD modules
  '';
  installPhase = ''
    install -D -t $out/lib/modules/${kernel.modDirVersion}/updates module/mmapdemo.ko
  '';

  meta = {
    description = "Kernel memory that programs map like a file";
    license = lib.licenses.gpl2Only;
    platforms = lib.platforms.linux;
  };
}

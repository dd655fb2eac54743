#!/usr/bin/env bash
# Builds the image of the Containerfile where no base image can be pulled, and runs it: by hand, as root, on Debian, with
# debootstrap and buildah.
#
#     tests/ci/container.sh FOLDER [PROGRAM]
#
# FOLDER takes the bases, which are made once. In place of the images that the Containerfile names stand a Debian by debootstrap
# and, to build in, the same with a C compiler and this machine's toolchain, where headlock is built with PROFILE (`dev` unless that
# says otherwise). With PROGRAM, a headlock that was built on this machine, nothing is compiled: what plays cargo puts that there.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
folder=$1 program=${2:-}
mkdir -p "$folder"
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
suite=$(sed -n 's|^ARG RUNTIME=.*/debian:\(.*\)-slim$|\1|p' "$root/Containerfile")
toolchain=$(cd "$root" && rustc --print sysroot)

# base NAME INCLUDE: a Debian as an image of that name.
base() {
    local container
    if ! [ -e "$folder/$1.made" ]; then
        rm -rf -- "${folder:?}/$1"
        debootstrap --variant=minbase ${2:+"--include=$2"} "$suite" "$folder/$1"
        if [ "$1" = builder ]; then
            mkdir -p "$folder/$1/usr/local/cargo"
            cp -a -- "$toolchain" "$folder/$1/usr/local/rust"
        fi
        touch "$folder/$1.made"
    fi
    if buildah inspect --type image "localhost/headlock-$1" > /dev/null 2>&1; then return; fi
    container=$(buildah from scratch)
    buildah add --quiet "$container" "$folder/$1" / > /dev/null
    buildah config --env PATH=/usr/local/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        --env CARGO_HOME=/usr/local/cargo "$container"
    buildah commit --quiet "$container" "localhost/headlock-$1"
    buildah rm "$container" > /dev/null
}
base runtime ''
base builder gcc,libc6-dev,ca-certificates

# Crates as this machine reaches them.
volumes=(--volume "${CARGO_HOME:-$HOME/.cargo}/registry:/usr/local/cargo/registry" --volume /etc/ssl/certs:/etc/ssl/certs:ro)
if [ -n "$program" ]; then
    mkdir -p "$folder/player"
    cp -- "$program" "$folder/player/headlock"
    cat > "$folder/player/cargo" <<'END'
#!/bin/sh -eu
[ "$1 $2 $3 $4 $5 $6" = 'install --locked --path host --bin headlock' ]
test -e host/Cargo.toml && test -e Cargo.lock
while [ "$1" != --root ]; do shift; done
mkdir -p "$2/bin"
cp /usr/local/rust/bin/headlock "$2/bin/headlock"
END
    chmod +x "$folder/player/cargo"
    volumes+=(--volume "$folder/player:/usr/local/rust/bin:ro")
fi
buildah build --file "$root/Containerfile" --build-arg BUILDER=localhost/headlock-builder --build-arg RUNTIME=localhost/headlock-runtime \
    --build-arg PROFILE="${PROFILE:-dev}" "${volumes[@]}" --tag headlock "$root"

# As `podman run` would: the image's user, its entry point, a project that may only be read.
container=$(buildah from localhost/headlock)
trap 'buildah rm "$container" > /dev/null' EXIT
buildah inspect --type image --format '{{.OCIv1.Config.User}} {{.OCIv1.Config.Entrypoint}} {{.OCIv1.Config.WorkingDir}}{{println}}' localhost/headlock
buildah run "$container" id
buildah run --volume "$root/examples/wasi:/project:ro" "$container" headlock verify --engine all
buildah run "$container" find /var/lib/headlock -type f
buildah images --format '{{.Name}} {{.Size}}'

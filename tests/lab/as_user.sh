#!/bin/sh
# as_user.sh FOLDER PYTHON_PREFIX COMMAND...: run a command as an ordinary user with subordinate ids, who exists in a
# private mount namespace alone: this machine's account files are not changed. Called under `unshare --mount`.
set -e
folder=$1 prefix=$2
shift 2
mount --make-rprivate /
mkdir -p "$folder/etc" "$folder/home" "$folder/python"
cp /etc/passwd /etc/group "$folder/etc/"
echo "labuser:x:54321:54321::$folder/home:/bin/sh" >>"$folder/etc/passwd"
echo "labuser:x:54321:" >>"$folder/etc/group"
echo "labuser:1000000:65536" >"$folder/etc/subuid"
cp "$folder/etc/subuid" "$folder/etc/subgid"
chown 54321:54321 "$folder/home"
case $prefix in
    /root/*) # a Python that only root can reach: the same path, in an otherwise empty /root
        mount --bind "$prefix" "$folder/python"
        mount -t tmpfs -o mode=755 none /root
        mkdir -p "$prefix"
        mount --bind "$folder/python" "$prefix"
        ;;
esac
for file in passwd group subuid subgid; do
    [ -e /etc/$file ] || : >/etc/$file
    mount --bind "$folder/etc/$file" /etc/$file
done
exec setpriv --reuid 54321 --regid 54321 --clear-groups env -i PATH="$PATH" HOME="$folder/home" \
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$PYTHONPATH" "$@"

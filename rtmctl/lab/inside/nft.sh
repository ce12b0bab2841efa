#!/bin/sh
# nft on a lab's switch whose VRFs are network namespaces: what loads rules loads them in each of those too, because
# forwarded packets pass there; what lists a table lists those whose rules differ from the main one's too, so that a rule
# changed by hand is seen where packets meet it. A namespace that a former VRF has left empty meets none. Everything else
# is the real nft in the main namespace.
real=/usr/sbin/nft
load=
check=
list=
for word in "$@"; do
    case $word in
        -f | --file) load=yes ;;
        -c | --check) check=yes ;;
        list) list=yes ;;
    esac
done
if [ -n "$list" ]; then
    rules=$($real "$@") || exit
    printf '%s\n' "$rules"
    for space in /run/netns/*; do
        [ -e "$space" ] || continue
        [ -n "$(ip -n "${space##*/}" -br link show up | grep -v '^lo ')" ] || continue
        theirs=$(ip netns exec "${space##*/}" $real "$@" 2>&1)
        [ "$theirs" = "$rules" ] || printf '# in %s:\n%s\n' "${space##*/}" "$theirs"
    done
    exit
fi
[ -n "$load" ] && [ -z "$check" ] && [ -n "$(ls /run/netns 2>/dev/null)" ] || exec $real "$@"
rules=$(mktemp /run/nft.XXXXXX) || exit 1
trap 'rm -f "$rules"' EXIT
previous=
for word in "$@"; do
    case $previous in
        -f | --file) cat -- "$(if [ "$word" = - ]; then echo /dev/stdin; else echo "$word"; fi)" >"$rules" || exit 1 ;;
    esac
    previous=$word
done
$real -f "$rules" || exit
for space in /run/netns/*; do
    ip netns exec "${space##*/}" $real -f "$rules" || exit
done

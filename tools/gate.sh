# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What tools/ab and tools/bench-check share: sourced by them, from the project's root. Nothing here judges; mepcompare does.
# They set: program (name in messages), build (folder).

plan=bench/gate.plan
child=

die() {
	local status=$1
	shift
	printf '%s: %s\n' "$program" "$*" >&2
	exit "$status"
}

# check_number FLAG VALUE LEAST MOST
check_number() {
	[[ $2 =~ ^[0-9]{1,3}$ ]] || die 2 "invalid value '$2' for --$1; should be a number $3..$4"
	[ "$2" -ge "$3" ] || die 2 "invalid value '$2' for --$1; should be a number $3..$4"
	[ "$2" -le "$4" ] || die 2 "invalid value '$2' for --$1; should be a number $3..$4"
}

# known STATUS: one of the gate's own stays; all else (a signal, a tool that is missing) is a failure of the tools
known() {
	case $1 in
	0 | 1 | 2 | 3 | 4) echo "$1" ;;
	*) echo 99 ;;
	esac
}

tell() { printf '%s\n' "$*"; }

# One command in a process group of its own, so that Ctrl-C or a kill ends all of it before this script ends.
run() {
	local status=0
	set -m
	"$@" 9>&- &
	child=$!
	set +m
	wait "$child" || status=$?
	child=
	return "$status"
}

end_child() {
	[ -n "$child" ] || return 0
	kill -TERM -- "-$child" 2>/dev/null
	wait "$child" 2>/dev/null
	child=
}

on_signal() {
	trap '' INT TERM HUP
	end_child
	printf '\n%s: interrupted; nothing was judged\n' "$program" >&2
	exit "$1"
}

catch_signals() {
	trap 'on_signal 130' INT
	trap 'on_signal 143' TERM
	trap 'on_signal 129' HUP
}

# take_folder FOLDER: one run at a time within a build folder
take_folder() {
	mkdir -p -- "$1" || die 2 "cannot make the folder $1; the build folder should be one that can be written"
	exec 9>"$1/lock"
	! command -v flock >/dev/null || flock -n 9 || die 2 "another run is using $1; wait for it, or use another build folder"
}

# build_targets FOLDER LOG TARGET...: quiet unless it fails
build_targets() {
	local folder=$1 log=$2
	shift 2
	run ninja -C "$folder" "$@" >"$log" 2>&1
}

# measure RECORDS NAME OPTION...: one fresh process over the plan; its records become RECORDS/LINE-NAME.csv
measure() {
	local records=$1 name=$2 status=0 file
	shift 2
	rm -rf -- "${records:?}/$name"
	run "$build/bench/mepbench" plan "$plan" --out="$records/$name" --no-progress "$@" >"$records/$name.log" || status=$?
	for file in "$records/$name"/*.csv; do
		[ ! -e "$file" ] || mv -- "$file" "$records/$(basename -- "$file" .csv)-$name.csv"
	done
	rm -rf -- "${records:?}/$name"
	return "$status"
}

# Whether --count works here: else it says why, and the gate goes on without.
can_count() {
	command -v valgrind >/dev/null && run "$build/bench/mepbench" select --n=8 --batch=1 --k=1 --algo=bracket --threads=1 \
		--count --no-progress --csv=- >/dev/null 2>&1
}

# Since the start of all.
seconds() { printf '%d s' "$(($(date +%s) - started))"; }

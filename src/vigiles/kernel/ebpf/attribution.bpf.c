// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//
// Who does what, seen by the kernel: starts and ends of processes, and sockets made, connected and sent from, for the
// cgroups that user space has named in `calls`. Every program allows what it sees.
//
// The structures of the kernel are declared with the few members that are read; the loader finds where each one is in the
// running kernel (CO-RE). scripts/bpf builds the object that is committed next to this file.

#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

// The helpers that read the kernel's memory are open to programs under the GPL only.
char LICENSE[] SEC("license") = "GPL";

// How many directories above a task's own one are searched for a named one.
#define DEPTH 16
#define NAME 256
// What one payer may put into the ring before the reader has come that far: so it never holds more than twice this share.
#define SHARES 8
#define SIGNAL_GROUP_EXIT 4
#define IPPROTO_MPTCP 262

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

struct kernfs_node {
	__u64 id;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct signal_struct {
	atomic_t live;
	int group_exit_code;
	unsigned int flags;
};

struct task_struct {
	int exit_code;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	__u64 start_boottime;
	char comm[16];
	struct signal_struct *signal;
	struct css_set *cgroups;
};

struct linux_binprm {
	const char *filename;
};

struct sock_cgroup_data {
	struct cgroup *cgroup;
};

struct sock {
	struct sock_cgroup_data sk_cgrp_data;
};

#pragma clang attribute pop

// Only their existence in the running kernel is asked.
struct mptcp_sock___known {
	char unused;
};

enum bpf_func_id___known {
	BPF_FUNC_skc_to_mptcp_sock___known = 196,
};

enum kind {
	FORK = 1,
	EXEC,
	EXIT,
	SOCKET,
	CONNECT,
	SEND,
};

// One call: its name in user space, and what is counted for it. `payer`: the cgroup whose share of the ring it uses, 0 for
// its own; `since` and `used`: that share, the bytes put in since the ring's end was there.
struct call {
	__u64 token;
	__u64 bytes;
	__u64 packets;
	__u64 lost;
	__u64 payer;
	__u64 since;
	__u64 used;
};

// events.py reads this; sizes and order are fixed there.
struct event {
	__u32 kind;
	__u32 pid;
	__u32 ppid;
	__u32 creator;
	__u64 time;
	__u64 started;
	__u64 token;
	__u64 cgroup;
	__u64 task_token;
	__u64 task_cgroup;
	char comm[16];
	__s32 exit_code;
	__u16 family;
	__u16 type;
	__u16 protocol;
	__u16 port;
	__u32 version;
	__u8 address[16];
};

struct exec_event {
	struct event event;
	char filename[NAME];
};

// Where a datagram went, for whom and by whom.
struct sending {
	__u64 token;
	__u64 task_token;
	__u32 task;
	__u16 version;
	__u16 port;
	__u32 address[4];
};

// What is kept with a socket: who made it, and the last datagram's sending that was told. `busy`: somebody is at it.
struct past {
	__u32 creator;
	__u32 busy;
	struct sending sent;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct call);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct past);
} pasts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} ended SEC(".maps");

// Find the nearest named directory at or above `group`; `id` becomes its id, or that of `group` if none is named.
static __noinline struct call *named(struct cgroup *group, __u64 *id)
{
	*id = 0;
	for (int level = 0; level < DEPTH && group; level++) {
		__u64 here = BPF_CORE_READ(group, kn, id);
		if (level == 0)
			*id = here;
		struct call *call = bpf_map_lookup_elem(&calls, &here);
		if (call) {
			*id = here;
			return call;
		}
		group = BPF_CORE_READ(group, self.parent, cgroup);
	}
	return NULL;
}

static __always_inline struct cgroup *group_of(struct task_struct *task)
{
	return BPF_CORE_READ(task, cgroups, dfl_cgrp);
}

// Say whether the call may put `size` more bytes into the ring: who floods it loses its own events, not those of others.
static __noinline bool affords(struct call *call, __u64 size)
{
	__u64 key = call->payer;
	struct call *payer = key ? bpf_map_lookup_elem(&calls, &key) : NULL;
	if (!payer)
		payer = call;
	if (bpf_ringbuf_query(&ring, BPF_RB_CONS_POS) > payer->since) {
		payer->since = bpf_ringbuf_query(&ring, BPF_RB_PROD_POS);
		payer->used = 0;
	}
	size += BPF_RINGBUF_HDR_SZ;
	if (payer->used + size > bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE) / SHARES)
		return false;
	__sync_fetch_and_add(&payer->used, size);
	return true;
}

static __noinline void count_lost(struct call *call)
{
	__u32 zero = 0;
	__u64 *count = bpf_map_lookup_elem(&lost, &zero);
	if (count)
		__sync_fetch_and_add(count, 1);
	__sync_fetch_and_add(&call->lost, 1);
}

// Get room in the ring, or count the loss for everybody and for the call. The size is known when this is compiled.
static __always_inline void *reserve(struct call *call, __u64 size)
{
	void *room = affords(call, size) ? bpf_ringbuf_reserve(&ring, size, 0) : NULL;
	if (!room)
		count_lost(call);
	return room;
}

// Fill in what every event says of the task.
static __noinline void describe(struct event *event, __u32 kind, struct task_struct *task)
{
	__builtin_memset(event, 0, sizeof(*event));
	event->kind = kind;
	event->time = bpf_ktime_get_ns();
	event->pid = BPF_CORE_READ(task, tgid);
	event->ppid = BPF_CORE_READ(task, real_parent, tgid);
	event->started = BPF_CORE_READ(task, group_leader, start_boottime);
	BPF_CORE_READ_STR_INTO(&event->comm, task, comm);
}

// Say whose event it is. `subject`: the call of the socket or the child; `actor`: the call of the current task.
static __always_inline void ascribe(struct event *event, struct call *subject, __u64 cgroup, struct call *actor,
				    __u64 actor_cgroup)
{
	event->token = subject ? subject->token : 0;
	event->cgroup = cgroup;
	event->task_token = actor ? actor->token : 0;
	event->task_cgroup = actor_cgroup;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(vigiles_fork, struct task_struct *parent, struct task_struct *child)
{
	__u64 cgroup, parent_cgroup;

	if (BPF_CORE_READ(child, pid) != BPF_CORE_READ(child, tgid))
		return 0; // a thread of the same process
	struct cgroup *born_in = group_of(child), *made_in = group_of(parent);
	struct call *born = named(born_in, &cgroup), *maker = born;
	parent_cgroup = cgroup;
	if (made_in != born_in)
		maker = named(made_in, &parent_cgroup);
	struct call *owner = born ? born : maker;
	if (!owner)
		return 0;
	struct event *event = reserve(owner, sizeof(*event));
	if (!event)
		return 0;
	describe(event, FORK, child);
	ascribe(event, born, cgroup, maker, parent_cgroup);
	event->creator = BPF_CORE_READ(parent, tgid);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(vigiles_exec, struct task_struct *task, int old, struct linux_binprm *bprm)
{
	__u64 cgroup;
	struct call *call = named(group_of(task), &cgroup);
	if (!call)
		return 0;
	struct exec_event *event = reserve(call, sizeof(*event));
	if (!event)
		return 0;
	describe(&event->event, EXEC, task);
	ascribe(&event->event, call, cgroup, call, cgroup);
	__builtin_memset(event->filename, 0, NAME);
	bpf_probe_read_kernel_str(event->filename, NAME, BPF_CORE_READ(bprm, filename));
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(vigiles_exit, struct task_struct *task)
{
	__u64 cgroup;

	if (BPF_CORE_READ(task, signal, live.counter) > 0)
		return 0; // other threads go on
	struct call *call = named(group_of(task), &cgroup);
	if (!call)
		return 0;
	// Two last threads may end at once and both find nobody left: the process is reported once. Who wants to make the
	// mark while the other one makes it gets nothing, and finds it afterwards.
	struct task_struct *leader = task->group_leader;
	__u64 *told = bpf_task_storage_get(&ended, leader, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!told)
		told = bpf_task_storage_get(&ended, leader, 0, 0);
	if (told && __sync_fetch_and_add(told, 1))
		return 0;
	struct event *event = reserve(call, sizeof(*event));
	if (!event)
		return 0;
	describe(event, EXIT, task);
	ascribe(event, call, cgroup, call, cgroup);
	if (BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT)
		event->exit_code = BPF_CORE_READ(task, signal, group_exit_code);
	else
		event->exit_code = BPF_CORE_READ(task, group_leader, exit_code);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("cgroup/sock_create")
int vigiles_socket(struct bpf_sock *socket)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 cgroup;
	struct call *call = named(group_of(task), &cgroup);
	if (!call)
		return 1;
	struct past *past = bpf_sk_storage_get(&pasts, socket, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (past)
		past->creator = BPF_CORE_READ(task, tgid);
	struct event *event = reserve(call, sizeof(*event));
	if (!event)
		return 1;
	describe(event, SOCKET, task);
	ascribe(event, call, cgroup, call, cgroup);
	event->creator = event->pid;
	event->family = socket->family;
	event->type = socket->type;
	event->protocol = socket->protocol;
	bpf_ringbuf_submit(event, 0);
	return 1;
}

// Say whether this is what was told last, and keep it. Where two are at it at once, neither is taken for a repetition.
static __noinline bool repeated(struct past *past, struct sending *now)
{
	struct sending *last = &past->sent;

	if (__sync_lock_test_and_set(&past->busy, 1))
		return false;
	bool same = last->token == now->token && last->task_token == now->task_token && last->task == now->task &&
		    last->version == now->version && last->port == now->port && last->address[0] == now->address[0] &&
		    last->address[1] == now->address[1] && last->address[2] == now->address[2] &&
		    last->address[3] == now->address[3];
	if (!same)
		*last = *now;
	__sync_lock_test_and_set(&past->busy, 0);
	return same;
}

// The socket keeps the cgroup of the task that made it; the current task may be another one, in another cgroup.
static __noinline int reach(struct bpf_sock_addr *ctx, __u32 kind, __u32 version)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct bpf_sock *socket = ctx->sk;
	struct sock *raw = NULL;
	struct sending now = {};
	__u64 cgroup, task_cgroup;
	__u32 protocol = ctx->protocol;

	// The verifier takes no offsets into a bpf_sock; read as plain memory, the pointer is a number like any other.
	bpf_probe_read_kernel(&raw, sizeof(raw), &socket);
	struct cgroup *owning = BPF_CORE_READ(raw, sk_cgrp_data.cgroup), *acting = group_of(task);
	struct call *subject = named(owning, &cgroup), *actor = subject;
	task_cgroup = cgroup;
	if (acting != owning)
		actor = named(acting, &task_cgroup);
	struct call *owner = subject ? subject : actor;
	if (!owner || !socket)
		return 1;
	now.token = subject ? subject->token : 0;
	now.task_token = actor ? actor->token : 0;
	now.task = BPF_CORE_READ(task, tgid);
	now.version = version;
	now.port = bpf_ntohs(ctx->user_port);
	if (version == 4) {
		now.address[0] = ctx->user_ip4;
	} else {
		now.address[0] = ctx->user_ip6[0];
		now.address[1] = ctx->user_ip6[1];
		now.address[2] = ctx->user_ip6[2];
		now.address[3] = ctx->user_ip6[3];
	}
	struct past *past = bpf_sk_storage_get(&pasts, socket, 0, kind == SEND ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	if (kind == SEND && past && repeated(past, &now))
		return 1;
	__u32 creator = past ? past->creator : 0;
	if (kind == CONNECT && !creator && bpf_core_type_exists(struct mptcp_sock___known) &&
	    bpf_core_enum_value_exists(enum bpf_func_id___known, BPF_FUNC_skc_to_mptcp_sock___known)) {
		// A subflow, made by the kernel: the program made the socket above it.
		struct mptcp_sock *whole = bpf_skc_to_mptcp_sock(socket);
		if (whole) {
			struct past *above = bpf_sk_storage_get(&pasts, whole, 0, 0);
			protocol = IPPROTO_MPTCP;
			creator = above ? above->creator : 0;
		}
	}
	struct event *event = reserve(owner, sizeof(*event));
	if (!event) {
		if (past)
			past->sent.task = 0; // not told: the next one is no repetition
		return 1;
	}
	describe(event, kind, task);
	ascribe(event, subject, cgroup, actor, task_cgroup);
	event->creator = creator;
	event->family = ctx->family;
	event->type = ctx->type;
	event->protocol = protocol;
	event->port = now.port;
	event->version = version;
	__builtin_memcpy(event->address, now.address, sizeof(now.address));
	bpf_ringbuf_submit(event, 0);
	return 1;
}

SEC("cgroup/connect4")
int vigiles_conn4(struct bpf_sock_addr *ctx)
{
	return reach(ctx, CONNECT, 4);
}

SEC("cgroup/connect6")
int vigiles_conn6(struct bpf_sock_addr *ctx)
{
	return reach(ctx, CONNECT, 6);
}

SEC("cgroup/sendmsg4")
int vigiles_send4(struct bpf_sock_addr *ctx)
{
	return reach(ctx, SEND, 4);
}

SEC("cgroup/sendmsg6")
int vigiles_send6(struct bpf_sock_addr *ctx)
{
	return reach(ctx, SEND, 6);
}

SEC("cgroup_skb/egress")
int vigiles_egress(struct __sk_buff *packet)
{
	__u64 id = bpf_skb_cgroup_id(packet);
	struct call *call = bpf_map_lookup_elem(&calls, &id);
	if (!call) {
		for (int level = 1; level < DEPTH; level++) {
			id = bpf_skb_ancestor_cgroup_id(packet, level);
			if (!id)
				break;
			struct call *nearer = bpf_map_lookup_elem(&calls, &id);
			if (nearer)
				call = nearer;
		}
	}
	if (call) {
		__sync_fetch_and_add(&call->bytes, packet->len);
		__sync_fetch_and_add(&call->packets, 1);
	}
	return 1;
}

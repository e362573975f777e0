/* SPDX-License-Identifier: MIT */
/*
 * kernel_main.c - the order in which things come to life.
 */
#include <karch.h>
#include <kbootinfo.h>
#include <kmem.h>
#include <kroot.h>
#include <ksched.h>
#include <paging.h>

#define KMEM_MIB_DEFAULT 16

void kernel_main(uint32_t info, uint32_t magic);

static struct machine machine;

static void start_cpus(void)
{
	acpi_find_cpus(machine.rsdp);
	for (uint32_t i = 0; i < cpu_count; i++) {
		cpus[i].id = i;
		cpus[i].self = &cpus[i];
		cpus[i].alarm = ~0ul;
		readyq_init(&cpus[i].ready);
	}
	apic_init();
	apic_init_cpu();
	tsc_know(apic_measure_tsc_khz());
}

/* The pool follows the kernel; the loader's module may lie in the way. */
static void give_pool(uint64_t bytes)
{
	uint64_t first = machine_kernel_end();
	uint64_t align = 1ul << KMEM_LARGEST_ORDER;

	if (machine.archive_bytes &&
	    first < machine.archive + 4096 + machine.archive_bytes &&
	    machine.archive < first + bytes + align)
		first = machine.archive + machine.archive_bytes;
	first = (first + align - 1) & ~(align - 1);
	if (!machine_is_memory(&machine, first, bytes))
		panic("no memory for the kernel", bytes);
	kmem_init(direct(first), bytes);
	machine_reserve(&machine, 0, first + bytes);
	list_init(&root_factory.objects);
	root_factory.object.kind = OBJECT_FACTORY;
	root_factory.limit = kmem_free_bytes();
}

/* On the stack that has a guard page, with the tables that are to stay. */
static _Noreturn void go_on(void)
{
	idle_polls = machine_option(&machine, "idle=", 0) == 'p';
	give_pool(machine_option(&machine, "kmem=", KMEM_MIB_DEFAULT) << 20);
	root_start(&machine);
	kernel_lock();
	smp_start();
	cpus[0].online = 1;
	sched_start();
}

void kernel_main(uint32_t info, uint32_t magic)
{
	serial_init();
	cpu_check_features();
	paging_init();
	self_check_tables();
	cpu_init(&cpus[0]);
	self_check_cpu();
	machine_read(&machine, info, magic);
	start_cpus();
	/* Nothing of this stack is needed any more. */
	__asm__ volatile("mov %0,%%rsp; call *%1"
			 :
			 : "r"(cpus[0].stack), "r"(go_on)
			 : "memory");
	__builtin_unreachable();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* The sub-commands. Each gets its own name as argv[0], and returns the exit status. */
#ifndef COMMAND_H
#define COMMAND_H

int bench_main(int argc, char **argv);
int conform_main(int argc, char **argv);
int create_main(int argc, char **argv);
int destroy_main(int argc, char **argv);
int doctor_main(int argc, char **argv);
int rules_main(int argc, char **argv);
int fill_main(int argc, char **argv);
int heal_main(int argc, char **argv);
int info_main(int argc, char **argv);
int list_main(int argc, char **argv);
int map_main(int argc, char **argv);
int maps_main(int argc, char **argv);
int notify_main(int argc, char **argv);
int poison_main(int argc, char **argv);
int punch_main(int argc, char **argv);
int collapse_main(int argc, char **argv);
int resize_main(int argc, char **argv);
int slow_main(int argc, char **argv);
int sum_main(int argc, char **argv);
int wait_main(int argc, char **argv);
int tour_main(int argc, char **argv);
int watch_main(int argc, char **argv);
int wipe_main(int argc, char **argv);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Sends and receives a descriptor over a Unix socket, by SCM_RIGHTS. */
#ifndef PASS_H
#define PASS_H

/* 0, or -1 and errno. */
int pass_descriptor(int socket, int fd);
/* The descriptor, with the close-on-exec flag set. -1: another message came, or none. */
int receive_descriptor(int socket);

#endif

# SPDX-License-Identifier: GPL-2.0-only
package Expect;

# What is known to differ from the contract: the files of this folder.
#
# `reasons` has a paragraph for each way to differ:
#
#	NAME: what a program sees
#		why it is so, with the kernel's source
#		choose: what it means for who chooses a technique
#
# and a file for each strategy says which tests are not to hold because of it:
#
#	NAME:
#		TEST... [on KERNEL...] [says TEXT]
#
# TEST and KERNEL are names, or have * in them; TEXT is part of what the test
# prints. A listed test that holds is as wrong as another that does not.

use strict;
use warnings;
use File::Basename;

my $here = dirname(__FILE__);

sub lines_of {
	my ($path) = @_;
	open my $file, '<', $path or die "expect: $path: $!\n";
	return grep { !/^#/ && /\S/ } map { s/\s+$//r } <$file>;
}

sub glob_regex {
	my $alternatives = join '|', map { join '.*', map { quotemeta } split /\*/, $_, -1 } @_;
	return qr/^(?:$alternatives)$/;
}

# In the order of the file: { name, sees, why, choose }.
sub reasons {
	my @reasons;
	for my $line (lines_of("$here/reasons")) {
		if ($line =~ /^(\S+): (.*)/) {
			push @reasons, { name => $1, sees => $2, why => '', choose => '' };
			next;
		}
		@reasons && $line =~ /^\s+(choose: )?(.*)/ or die "expect: reasons: '$line'\n";
		my $reason = $reasons[-1];
		my $part = $1 || $reason->{choose} ? 'choose' : 'why';
		$reason->{$part} .= ($reason->{$part} ? ' ' : '') . $2;
	}
	$_->{why} && $_->{choose} or die "expect: reasons: $_->{name} lacks why or choose\n" for @reasons;
	return @reasons;
}

# In order: { reason, tests, kernels, says, line }; none where the strategy has no file.
sub lines_for {
	my ($strategy) = @_;
	return unless -e "$here/$strategy";
	my %known = map { $_->{name} => 1 } reasons();
	my ($reason, @lines);
	for my $line (lines_of("$here/$strategy")) {
		if ($line =~ /^(\S+):$/) {
			$reason = $1;
			$known{$reason} or die "expect: $strategy: no such reason: $reason\n";
			next;
		}
		my ($tests, $kernels, $says) = $line =~ /^\s+(.+?)(?: on (.+?))?(?: says (.+))?$/;
		$tests && $reason or die "expect: $strategy: '$line'\n";
		push @lines, {
			reason => $reason, says => $says, line => $line =~ s/^\s+//r,
			tests => glob_regex(split ' ', $tests),
			kernels => glob_regex(split ' ', $kernels // '*'),
		};
	}
	return @lines;
}

# The line that speaks of a test, if any.
sub line_about {
	my ($lines, $kernel, $test) = @_;
	for my $line (@$lines) {
		return $line if $kernel =~ $line->{kernels} && $test =~ $line->{tests};
	}
	return;
}

1;

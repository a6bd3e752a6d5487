# SPDX-License-Identifier: GPL-2.0-only
package Expect;

# What is known to differ from the contract: the files of this folder.
#
# `reasons` has a paragraph for each way to differ:
#
#	NAME: what a program sees
#		why it is so, with the kernel's source
#		choose: what it means for whoever chooses a strategy
#
# The other files say which tests are not to hold for which strategies because of it:
#
#	[STRATEGY...]
#	NAME:
#		TEST... [on KERNEL...] [says TEXT]
#
# TEST and KERNEL are names, or have * in them; TEXT is part of what the test
# prints. A section holds until the next one, for each of its strategies. A listed test that holds is as wrong as another that does not.
#
# Templates have a section each, called templates/NAME. [templates/NAME like STRATEGY] takes over
# the lines of that strategy, of which the template's own lines may say otherwise.

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

# Of one file, in order: { file, strategies, reason, tests, kernels, says, line }.
sub lines_in {
	my ($file, %known) = @_;
	my ($strategies, $reason, @lines);
	for my $line (lines_of("$here/$file")) {
		if ($line =~ /^\[(.+?)(?: like (\S+))?\]$/) {
			$strategies = { map { $_ => 1 } split ' ', $1 };
			undef $reason;
			push @lines, { strategies => $strategies, like => $2 } if $2;
			next;
		}
		if ($line =~ /^(\S+):$/) {
			$reason = $1;
			$known{$reason} or die "expect: $file: no such reason: $reason\n";
			next;
		}
		my ($tests, $kernels, $says) = $line =~ /^\s+(.+?)(?: on (.+?))?(?: says (.+))?$/;
		$tests && $reason && $strategies or die "expect: $file: '$line'\n";
		push @lines, {
			file => $file, strategies => $strategies,
			reason => $reason, says => $says, line => $line =~ s/^\s+//r,
			tests => glob_regex(split ' ', $tests),
			kernels => glob_regex(split ' ', $kernels // '*'),
		};
	}
	return @lines;
}

# Of all files, those for a strategy; none for one that no section names.
sub lines_for {
	my ($strategy) = @_;
	my %known = map { $_->{name} => 1 } reasons();
	my @files = grep { !/^reasons$|\.pm$/ } map { basename($_) } glob "$here/*";
	my @lines = grep { $_->{strategies}{$strategy} } map { lines_in($_, %known) } @files;
	my @own = grep { !$_->{like} } @lines;
	for my $like (map { $_->{like} // () } @lines) {
		my @theirs = lines_for($like) or die "expect: [$strategy like $like]: it has no lines\n";
		# Whether all of those are about a test is asked in that strategy's own suite.
		push @own, map { { %$_, used => 1 } } @theirs;
	}
	return @own;
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

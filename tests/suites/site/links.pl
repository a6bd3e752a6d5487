# SPDX-License-Identifier: GPL-2.0-only
# links.pl FOLDER: reports links of its HTML pages that lead nowhere, and pages without a menu.

use strict;
use warnings;
use File::Basename;
use File::Spec;

my $folder = shift;
my ($bad, $links, %ids) = (0, 0);

sub slurp {
	my ($path) = @_;
	open my $file, '<:encoding(UTF-8)', $path or die "$path: $!\n";
	local $/;
	return <$file>;
}

sub wrong { print "@_\n"; $bad = 1 }

sub has_id {
	my ($path, $id) = @_;
	$ids{$path} //= { map { $_ => 1 } slurp($path) =~ /\bid="([^"]+)"/g };
	return $ids{$path}{$id};
}

my @pages = glob "$folder/*.html";
for my $page (@pages) {
	my $html = slurp($page);
	my $name = basename $page;
	wrong("$name: no menu that shows where one is") unless $html =~ /aria-current="page"/;
	while ($html =~ /<(?:a|img|link|script)\b[^>]*\b(?:href|src)="([^"]+)"/g) {
		my ($path, $id) = $1 =~ /^([^#]*)(?:#(.*))?$/;
		next if $path =~ /^[a-z]+:/;
		$links++;
		my $file = $path eq '' ? $page : File::Spec->catfile($folder, $path);
		$id =~ s/%([0-9A-F]{2})/chr hex $1/gie, utf8::decode($id) if defined $id;
		if (!-e $file) {
			wrong("$name: there is no $path");
		} elsif (defined $id && $file =~ /\.html$/ && !has_id($file, $id)) {
			wrong("$name: ", basename($file), " has no #$id");
		}
	}
}
wrong("few links: $links") if $links < 20 * @pages;
exit $bad;

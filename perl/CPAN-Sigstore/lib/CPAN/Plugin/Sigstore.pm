package CPAN::Plugin::Sigstore;
use 5.016;
use strict;
use warnings;

use File::Basename ();
use File::Path     ();
use File::Spec     ();
use File::Temp     ();

use CPAN::Sigstore::Error     ();
use CPAN::Sigstore::Installer ();
use CPAN::Sigstore::Mirror    ();

our $VERSION = '0.01';

# CPAN.pm creates one object for its session. The arguments are those behind the module's name in plugin_list.
sub new {
    my ($class, @arguments) = @_;
    my $installer = eval { CPAN::Sigstore::Installer->new(CPAN::Sigstore::Installer->parse_options(@arguments)) };
    _stop(CPAN::Sigstore::Error->of($@, 'configuration')->message) if !$installer;
    return bless { installer => $installer, judged => {}, built => {} }, $class;
}

# A release that cannot be verified ends the command. CPAN.pm's own handler of errors has no other way to refuse.
sub _stop {
    my ($message) = @_;
    $message =~ s/[\x00-\x08\x0B-\x1F\x7F]/ /g;
    utf8::encode($message) if utf8::is_utf8($message);
    return $CPAN::Frontend->mydie("CPAN::Plugin::Sigstore: $message\n");
}

# Before anything is unpacked: CPAN.pm gets the file, and only the judged bytes replace it.
sub pre_get {
    my ($self, $dist) = @_;
    return if $dist->is_dot_dist;
    my $id = $dist->id;
    # CPAN.pm goes on to another distribution, and calls this for that one.
    return if $dist->prefs->{goto};
    if (defined $dist->{build_dir} && -d $dist->{build_dir}) {
        return if ($self->{built}{$id} // q()) eq $dist->{build_dir};
        _stop("refused $id: nobody verified the files in $dist->{build_dir}; remove it, and set build_dir_reuse to 0");
    }
    my $path = File::Spec->catfile($CPAN::Config->{keep_source_where}, 'authors', 'id', split m{/}, $id);
    my $file = CPAN::FTP->localize("authors/id/$id", $path) or _stop("cannot get $id");
    # One name for the judged bytes, which replace the file at once.
    my $place  = File::Basename::dirname($path);
    File::Path::make_path($place);
    my $folder = File::Temp->newdir('.verified-XXXXXXXX', DIR => $place);
    my $copy   = File::Spec->catfile($folder, File::Basename::basename($path));
    my $verdict = eval {
        $self->{installer}->judge(
            release  => "authors/id/$id",
            archive  => File::Spec->rel2abs($file),
            copy     => File::Spec->rel2abs($copy),
            packages => [ sort $dist->containsmods ],
            mirror   => $self->_mirror,
        );
    } // _stop("cannot verify $id: " . CPAN::Sigstore::Error->of($@, 'program')->message);
    my $text = "$verdict->{finding}: $id" . ($verdict->{message} ne q() ? ": $verdict->{message}" : q()) . " (verified by $verdict->{verifier})";
    if (!$verdict->{admitted}) {
        unlink $path;
        _stop("refused $text");
    }
    rename $copy, $path or _stop("cannot write $path: $!");
    if   ($verdict->{decision} eq 'warn') { $CPAN::Frontend->mywarn("CPAN::Plugin::Sigstore: warning: $text\n") }
    else                                  { $CPAN::Frontend->myprint("CPAN::Plugin::Sigstore: $text\n") }
    $self->{judged}{$id} = $verdict->{digest};
    return $self->_write_checksums($dist, $path, $verdict->{digest});
}

# Bundles and records come from the first mirror of the user. They need no trust in it.
sub _mirror {
    my ($self) = @_;
    return $self->{mirror} if $self->{mirror};
    my $is_https = !defined $CPAN::Config->{pushy_https} || $CPAN::Config->{pushy_https};
    my ($url) = $is_https ? 'https://cpan.org/' : grep {/\A(?:https?|file):/} @{ $CPAN::Config->{urllist} || [] };
    _stop('cannot find bundles: expected a mirror with https, http or file in urllist') if !defined $url;
    return $self->{mirror} = eval { CPAN::Sigstore::Mirror->new($url) } // _stop(CPAN::Sigstore::Error->of($@, 'configuration')->message);
}

# CPAN.pm evaluates the CHECKSUMS of a mirror as Perl. It finds this one first, which has the judged digest.
sub _write_checksums {
    my ($self, $dist, $path, $digest) = @_;
    # Signed CHECKSUMS are PAUSE's own.
    return if CPAN::HandleConfig->prefs_lookup($dist, 'check_sigs');
    delete $dist->{CHECKSUM_STATUS};
    my ($name, $folder) = File::Basename::fileparse($path);
    my $author    = File::Basename::dirname($dist->id);
    my $checksums = File::Spec->catfile($folder, 'CHECKSUMS');
    my $text = sprintf "\$cksum = {\n  '%s' => { 'cpan_path' => '%s', 'sha256' => '%s', 'size' => %d }\n};\n",
        $name, $author, $digest =~ s/\Asha256://r, -s $path;
    my $handle = File::Temp->new(TEMPLATE => '.checksums-XXXXXXXX', DIR => $folder, UNLINK => 0);
    my $is_written = print {$handle} $text;
    $is_written &&= close $handle;
    $is_written &&= rename $handle->filename, $checksums;
    return $is_written || _stop("cannot write $checksums: $!");
}

# Behind the unpacking, and before any code runs: CPAN.pm unpacked the judged bytes.
sub post_get {
    my ($self, $dist) = @_;
    return if $dist->is_dot_dist || !defined $dist->{build_dir};
    my $id = $dist->id;
    return if ($self->{built}{$id} // q()) eq $dist->{build_dir};
    my $digest = delete $self->{judged}{$id} // _stop("refused $id: nobody verified it");
    my $file   = $dist->{localfile};
    _stop("refused $id: CPAN.pm unpacked another file than the one that was verified")
        if !defined $file || (CPAN::Sigstore::Installer::digest_of($file) // q()) ne $digest;
    $self->{built}{$id} = $dist->{build_dir};
    return;
}

# A build folder of an earlier session, to which CPAN.pm comes without getting anything.
sub _check_built {
    my ($self, $dist) = @_;
    return if $dist->is_dot_dist || !defined $dist->{build_dir} || !-d $dist->{build_dir};
    return if ($self->{built}{ $dist->id } // q()) eq $dist->{build_dir};
    return _stop('refused ' . $dist->id . ": nobody verified the files in $dist->{build_dir}; remove it, and set build_dir_reuse to 0");
}

sub pre_make    { return $_[0]->_check_built($_[1]) }
sub pre_test    { return $_[0]->_check_built($_[1]) }
sub pre_install { return $_[0]->_check_built($_[1]) }

1;

__END__

=head1 NAME

CPAN::Plugin::Sigstore - install only releases that their authors signed

=head1 SYNOPSIS

    cpan> o conf plugin_list push CPAN::Plugin::Sigstore
    cpan> o conf commit

With options, without the program C<cpan-sigstore>:

    cpan> o conf plugin_list push CPAN::Plugin::Sigstore=policy=/home/me/policy.toml,trusted-root=/home/me/trusted_root.json

=head1 DESCRIPTION

A plugin of CPAN.pm (2.07 or newer). Before CPAN.pm unpacks a release, the plugin
verifies that its author signed it, and that your policy admits it. Otherwise it
ends the command, and nothing of the release is unpacked or run. This holds for
dependencies, bundles, C<look> and C<force install>, too.

If the program C<cpan-sigstore> is in C<PATH>, or named by C<CPAN_SIGSTORE>, it
decides with its policy and trust store. Otherwise L<CPAN::Sigstore::Installer>
decides. The plugin prints which of them verified.

CPAN.pm unpacks a copy of the judged bytes. The plugin also writes the F<CHECKSUMS>
beside it, so that CPAN.pm neither fetches nor evaluates that of a mirror. With
C<check_sigs> CPAN.pm reads the mirror's own one.

=head1 OPTIONS

They follow the module's name and C<=>, with commas between them.

=over

=item policy=FILE

The F<policy.toml>.

=item trusted-root=FILE

The F<trusted_root.json>. The program has one itself; the modules need it.

=item cpan=URL

The CPAN with bundles and author records. The default is the program's own, or the
first entry of C<urllist>.

=item trust-store=FILE

The trust store of the program.

=item require-signed=yes

Deny what is not verified as its author's.

=item verifier=program, verifier=perl

The default is the program if it is installed.

=back

=head1 LIMITS

=over

=item *

CPAN.pm reads the package index, and evaluates F<modules/03modlist.data> in a L<Safe>
compartment, before it loads any plugin. A compartment is no boundary. Use
C<cpan-sigstore exec -- cpan> against a mirror that you do not trust at all.

=item *

A release in a folder (C<install .>) is your own. So are C<commandline>, C<patches>
and other settings in your distroprefs.

=item *

The plugin refuses build folders of earlier sessions (C<build_dir_reuse>), because
nobody verified them.

=item *

Without the program there is no trust store. A release without a bundle is then
C<unsigned>, and only a warning, unless its author's record or your policy demands a
signature. Set C<require-signed=yes>, or C<default.unsigned = "deny"> in the policy.
Nobody checks the form of the archive (section 2.6 of the standard) either.

=item *

C<plugin_list> is a setting. A process that writes your F<MyConfig.pm> can remove it.

=back

=head1 METHODS

=head2 new(OPTIONS)

=head2 pre_get(DISTRIBUTION)

=head2 post_get(DISTRIBUTION)

=head2 pre_make(DISTRIBUTION)

=head2 pre_test(DISTRIBUTION)

=head2 pre_install(DISTRIBUTION)

CPAN.pm calls them.

=cut

import JSON
import Testing

/// Texts that were made to be expensive. They are small enough for a debug build only while the cost stays linear.
@Suite struct HostileTests {
    /// Sixteen-byte keys which all have the same hash: the second half undoes what the first half made of the state.
    static let collidingKeys = #"""
        jkhdpjnb%den&:-P ngafbhjf=|]3J]qh nbpgojhh}mwKyGgh ifpbiabewGcW9&QJ ediikjka(VQ@(^#P gpcodmfeGU==ZZWx
        daolkfif-*'`vm:% lajmhhode7DuG7'; ahnoalaaCTS,FF.r ecigehpo.v==,KOP kmmaeana2n@DNKr% lfkdipaa3-Ozcv'g
        fkamofhj><Ee=0lX oapconkeu-CJNYt% ombikdcpS`{}e{ux fpciaene[vj;0k~+ bjfldimnMeS[[;mO akcnnacn7f5pN.Q&
        meaflooeE<!pgYv5 oiefemlh@|Qr9Na# pagfeocgc`f;$,JR jplceelm!Tq5PNWn icegaemagkm$nGoe fleomeib,bMuL``5
        ccgmhmma/=W>TTGj hgijdfeaETCM*ORD fnelclop`hO$:Su/ cbnpobfa{fT?f88x ccomljkkw}{nPhtH emmcgaamp/<H/Z+)
        bjifgmkfkO<4{h,W fiogbcco`^[AdWVN jhbmidppaLroEyH6 bnacdmgc<r~sj$Ca cabbahhhBt!.0qVj hbfeemigRD[zltum
        egaegokhj7'ccT3. ejfnllckpCx'>C`; omknpcche6ipf2%R jehmifidn};5(O@% fdagfacgGQ#dZ[.M logcnhhmr+,E>}ep
        bdilllmadGvk/~>X pajmkjdeG4mc7Eub hgfcgbpl1V+>iltj nbeanfpcH'EkPH>9 iigmeapmnI)X7@!t pbhpniinM/=Y&wNF
        licgopjj!Rx)q5#} dpbafmjeY1=A{<rg badpamknmXoUpl`| jafindlmMr)_y~L. bdcihijlyVG`GtNG jlkobooj'G%M84d3
        jdfbclci<xL{Aqv5 emlalfik4wYxxT!Z oojmmlmjPG%TF9}A jjkaoonmt28]/x/U cdcbhdci-#$f5I_z jgejmjcoW+4oniRs
        jilbbncc'ni`Lw-P fkhocokbS*0;W[Ll dhicellbd;4IomPJ nfadbimi?QMTf)rR hmebkmmfQ%x:M16l amkgjeiaD!mmd`4}
        lbdpamap<u*}<O:. giinhplkMn]'|N;d odfhfgbdxf#H5&HV cehbknlcJ*4`/.#C amfkjnbf+EbdM4?U jhkbhcbdj0C|j1}8
        jeejdcjc,$*=tZ(Y adjanekp'sK(+m~[ aifjbmhc3}P!E7s_ hhlhmahc^.>S;)k{ ciblieaf5D^~Fb#{ gkljdmmg/b{w$d(&
        ikiapkngiR:b!_cU blhhnfpci.x9/l)H djgnjohg|=Jv|7j$ nfpahkhiL3_!FX(H eiccandcfTH0on8} pbphnjmm}L}r@bra
        dgknabofW]&KjyJy amecmoop~XfF4|]~ nfnmgmon`?EEx2U* knhnammh+B*&KcAy ciagieenGeR{XL9i nielnnmb8bz17yI_
        piojmmfcgP@=9I(6 ihjcjpao5[};>EGl jeofblpol[X%3IsJ gnjoheea?LRB'?;0 dfjadhphbtTT1$-i oohkpikg[k,d(S-h
        ocglnommZWN(fHyO ehalipda1f+9h)K4 fndopebj8{x897.~ bmnglaak=k%.RmBz eloedmjiJ/,79>u} njlcbfnoSB^{M?oX
        emfalcboh/?G!g}& ofepnike@B][L_;? lhdmjpldn4=(e!Y~ nkbgimdbL-.*k&@P jacaofbdrf<;#!m3 ibfgpcdaDi1]rSe;
        abgofhen-Wv/'4dC bbliieieN,s4Bua5 mobfmcagf7C~C--< jpcolboe~[^BDq$b kfpohilk5Z4D{D@X bcnpacnk?I`XR^:6
        ikgnajoot_VL2K[E dfkdbjhk:s<rz?m+ nnjpbkbfLDA=]L*# lddfmbbj9/cIKR!y bjpdlmpo:]:YmjlV ijdogogjg,.''7XS
        """#.split(whereSeparator: \.isWhitespace).map(String.init)

    @Test func collidingKeysAreFoundOutAndSorted() throws {
        let keys = Self.collidingKeys
        #expect(Set(keys).count == 120)
        let members = keys.map { "\"\($0)\":1" }
        var strict = JSONOptions()
        strict.duplicateKeys = .refuse
        let text = "{" + members.joined(separator: ",") + "}"
        #expect(try JSONDocument(parsing: text, options: strict).withRoot { $0.count } == Set(keys).count)
        let repeating = "{" + (members + ["\"\(keys[7])\":2"]).joined(separator: ",") + "}"
        #expect(throws: JSONError.self) { try JSONDocument(parsing: repeating, options: strict) }
        let document = try JSONDocument(parsing: repeating)
        #expect(document.root.count == Set(keys).count)
        #expect(document.root[keys[7]]?.int == 2)
    }

    @Test func collidingElementsDoNotMakeADiffQuadratic() throws {
        let keys = Self.collidingKeys
        let old = try JSONDocument(parsing: "[" + keys.map { "\"\($0)\"" }.joined(separator: ",") + "]")
        let new = try JSONDocument(parsing: "[" + keys.reversed().map { "\"\($0)\"" }.joined(separator: ",") + "]")
        let patch = JSONPatch.diff(from: old.root, to: new.root)
        #expect(try JSONPatch.apply(patch.root, to: old.root).withRoot { $0.isEqual(to: new.root) })
    }

    @Test func longPathsDoNotMakeADiffLargerThanTheDocument() throws {
        let key = String(repeating: "k", count: 100_000)
        func text(_ value: Int) -> String {
            "{\"\(key)\":{" + (0..<1000).map { "\"m\($0)\":\(value)" }.joined(separator: ",") + "}}"
        }
        let old = try JSONDocument(parsing: text(1))
        let new = try JSONDocument(parsing: text(2))
        let patch = JSONPatch.diff(from: old.root, to: new.root)
        #expect(patch.root.count == 1)
        #expect(try JSONPatch.apply(patch.root, to: old.root).withRoot { $0.isEqual(to: new.root) })
    }

    @Test func manyEscapesAndDeepNestingStayLinear() throws {
        let escapes = String(repeating: "\\n\\u00e9", count: 20_000)
        let document = try JSONDocument(parsing: "{\"\(escapes)\":\"\(escapes)\"}")
        #expect(document.root.members.map(\.value.utf8Count) == [60_000])
        let deep = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
        let nested = try JSONDocument(parsing: deep)
        #expect(nested.root.description == deep)
        #expect(nested.root.isEqual(to: nested.root))
    }
}
